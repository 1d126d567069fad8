"""Recipe fields that a trainer adds, and the values of others that it implements."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from zoo_core.errors import InvalidValueError, choose_from, did_you_mean, join_names
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import TrainerSpec
from zoo_core.recipes.recipe import CHOICES, Recipe
from zoo_core.recipes.validation import validate


def with_trainer_fields(recipe: Recipe, trainer: Entry[TrainerSpec], *, name: str = "") -> Recipe:
    """Return a recipe with all fields that its trainer adds, checked, with their defaults.

    Args:
        recipe: the recipe.
        trainer: its trainer.
        name: name of the recipe in errors; empty for one with a user's values.

    Raises:
        InvalidValueError: a field is neither the recipe's nor the trainer's, or a value is one
            that the trainer does not implement.
    """
    what = f"recipe {name}".strip()
    model = trainer_fields(trainer)
    own: dict[str, Any] = dict(recipe.model_extra or {})
    shared, added = type(recipe).model_fields, model.model_fields if model else {}
    for key in own:
        if key not in added:
            hint = did_you_mean(key, [*shared, *added]) or choose_from(key, shared)
            alone = f" Trainer {trainer.spec.name!r} adds {join_names(added)}." if added else ""
            raise InvalidValueError(f"invalid {what}: unknown key {key!r}", hint=f"{hint}{alone}")
    for field, standard in CHOICES.items():
        _check_choice(what, field, getattr(recipe, field), choices(trainer.spec, field, standard))
    if model is None:
        return recipe
    return recipe.model_copy(update=validate(model, own, what=what).model_dump(mode="json"))


def trainer_fields(trainer: Entry[TrainerSpec]) -> type[BaseModel] | None:
    """Return the pydantic model of the fields that a trainer adds; None without any.

    Raises:
        PluginError: the import string of the spec names another object.
    """
    if not trainer.spec.fields:
        return None
    model: type[BaseModel] = trainer.resolve(trainer.spec.fields)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise trainer.unfit("fields", "a pydantic model", model)
    return model


def choices(spec: TrainerSpec, field: str, standard: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that a trainer implements for a field of `CHOICES`."""
    own = tuple(spec.values.get(field, ()))
    # The core computes the learning rate of its own schedules for any trainer.
    return tuple(dict.fromkeys((*standard, *own))) if field == "schedule" else own or standard


def _check_choice(what: str, field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        *others, last = (repr(each) for each in allowed)
        expected = f"{', '.join(others)} or {last}" if others else last
        raise InvalidValueError(
            f"invalid {what}: {field}: expected {expected}, got {value!r}",
            hint=did_you_mean(value, allowed),
        )
