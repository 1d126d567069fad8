"""Checks of a recipe against model, data set, trainer and processes, before anything is loaded."""

from __future__ import annotations

import json
import shlex

from zoo_core.errors import InvalidValueError, join_names
from zoo_core.frameworks.distributed import env_world_size
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec, ModelSpec, TrainerSpec
from zoo_core.recipes.recipe import TRAINER_FIELDS, Recipe


def check_recipe(
    recipe: Recipe, model: Entry[ModelSpec], dataset: DatasetSpec, trainer: TrainerSpec
) -> None:
    """Check that model, data set and trainer implement every value of a recipe.

    Raises:
        InvalidValueError: one does not, or a value would have no or a harmful effect.
    """
    _check_composable(recipe, dataset)
    _check_pretrained(recipe, model)
    _check_fields(recipe, trainer)
    _check_flip(recipe)
    _check_processes(recipe, trainer)


def _check_composable(recipe: Recipe, dataset: DatasetSpec) -> None:
    if recipe.fresh and not dataset.composable:
        raise InvalidValueError(
            f"invalid recipe: fresh is true, but dataset {dataset.name!r} composes no new images",
            hint="Leave it out: --set fresh=false",
        )


def _check_pretrained(recipe: Recipe, model: Entry[ModelSpec]) -> None:
    if recipe.pretrained and not model.spec.pretrained:
        raise InvalidValueError(
            f"invalid recipe: pretrained is true, but {model.plugin.distribution} has no "
            f"pretrained weights for {model.spec.name!r}",
            hint="Train from random weights with --set pretrained=false, or choose a model from "
            "`zoo list --pretrained`.",
        )


def _check_fields(recipe: Recipe, trainer: TrainerSpec) -> None:
    # An ignored field would leave a card that does not describe the actual training.
    for field in sorted(TRAINER_FIELDS.difference(trainer.recipe_fields)):
        if recipe.changed_from_default(field):
            default = Recipe.model_fields[field].default
            value = default if isinstance(default, str) else json.dumps(default)
            raise InvalidValueError(
                f"invalid recipe: {field} is {json.dumps(getattr(recipe, field))}, "
                f"but trainer {trainer.name!r} does not implement that field",
                hint=f"Leave it out: --set {shlex.quote(f'{field}={value}')}. "
                f"Fields that it implements: {join_names(trainer.recipe_fields)}.",
            )


def _check_flip(recipe: Recipe) -> None:
    # Augmentation is applied in training only, so it has to be random. Not a constraint of the
    # field, because old weights of such a recipe must stay readable.
    if recipe.flip == 1:
        raise InvalidValueError(
            "invalid recipe: flip: expected less than 1, got 1: all images would be mirrored in "
            "training, and none in a prediction",
            hint="Mirror every second image on average: --set flip=0.5",
        )


def _check_processes(recipe: Recipe, trainer: TrainerSpec) -> None:
    size = env_world_size()
    if size == 1:
        return
    if not trainer.distributed:
        raise InvalidValueError(
            f"trainer {trainer.name!r}: expected 1 process, got {size}",
            hint="Start it without a launcher.",
        )
    if recipe.batch_size < size:  # some processes would have no image in any step
        raise InvalidValueError(
            f"invalid recipe: batch_size: expected at least {size}, the number of processes, "
            f"got {recipe.batch_size}",
            hint=f"Choose a larger one: --set batch_size={size}",
        )
