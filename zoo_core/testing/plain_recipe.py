"""Plain recipe values, from which the checks vary one field at a time."""

from __future__ import annotations

from typing import Any

from zoo_core.plugins.specs import TrainerSpec
from zoo_core.recipes.fields.loss import LOSS_FIELDS
from zoo_core.recipes.recipe import CHOICES, TRAINER_FIELDS, Recipe
from zoo_core.recipes.trainer_fields import choices


def plain_values(trainer: TrainerSpec) -> dict[str, Any]:
    """Return recipe values without augmentation, regularization and averages."""
    # `plain_end` is refused without augmentation.
    fields = TRAINER_FIELDS | LOSS_FIELDS | {"plain_end"}
    values = {field: Recipe.model_fields[field].default for field in fields}
    # A trainer need not implement the default of a field with names, such as sgd.
    for field in fields & CHOICES.keys():
        names = implemented(trainer, field)
        values[field] = values[field] if values[field] in names else names[0]
    return values


def implemented(trainer: TrainerSpec, field: str) -> tuple[str, ...]:
    """Return the names that a trainer implements for a field of `CHOICES`."""
    return choices(trainer, field, CHOICES[field])


def descents(trainer: TrainerSpec) -> list[tuple[dict[str, Any], float]]:
    """Return plain descents that a trainer implements, with their learning rates, to try in order.

    The first of each is for most networks; a tenth of it is for those without normalization.
    """
    optimizers = implemented(trainer, "optimizer")
    # AdamW first, because its steps do not shrink with the gradient, and so are not lost in
    # rounding; a trainer without the field has one optimizer, which is called sgd.
    known = {"adamw": (0.003,), "sgd": (0.1,)}
    if "optimizer" not in trainer.recipe_fields:
        name = "sgd"
    else:
        name = next((each for each in known if each in optimizers), optimizers[0])
    # The steps of any other may have the size of those of AdamW, or of those of SGD.
    rates = known.get(name, (0.003, 0.1))
    plain = plain_values(trainer) | {"optimizer": name}
    return [(plain, factor * rate) for rate in rates for factor in (1, 0.1)]
