"""Recipe fields of a loss, on data whose losses do not implement them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from zoo_core.plugins.specs import LossSpec
from zoo_core.recipes.fields.loss import LOSS_FIELDS
from zoo_core.recipes.recipe import Recipe


def reset_unused_loss_fields(
    recipe: Recipe, losses: Iterable[LossSpec], given: Collection[str]
) -> Recipe:
    """Return a model's recipe with defaults for the fields that no loss implements.

    A model's recipe is written for its own data set: its label smoothing must not prevent a
    training on numbers.

    Args:
        recipe: the recipe, with the user's values.
        losses: loss of each head.
        given: fields that the user set, which keep their values and are then refused. Without a
            data set or a loss among them, the recipe is returned as it is.
    """
    if not {"dataset", "loss"}.intersection(given):
        return recipe
    unused = LOSS_FIELDS.difference(given, *(loss.recipe_fields for loss in losses))
    defaults = {field: Recipe.model_fields[field].default for field in unused}
    return recipe.model_copy(update=defaults)
