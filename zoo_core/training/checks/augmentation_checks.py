"""Checks of a recipe's augmentation against the data set and the tasks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from zoo_core.errors import InvalidValueError
from zoo_core.metrics.task import Task
from zoo_core.plugins.data_specs import InputSpec
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.recipes.recipe import Recipe

MIXING = ("mixup", "cutmix")
"""Fields that mix pairs of examples."""

COLORS = ("saturation", "hue")
"""Fields for images in color."""


def check_augmentation(
    recipe: Recipe, dataset: DatasetSpec, tasks: Sequence[Task], named: Callable[[str], str]
) -> None:
    """Check that a recipe's augmentation fits the inputs and tasks of a data set.

    Args:
        recipe: the recipe.
        dataset: its data set.
        tasks: task of each head.
        named: function from a field to the name of the recipe that has its value, for errors.

    Raises:
        InvalidValueError: a value would have no effect, or a harmful one.
    """
    for field in MIXING:
        if getattr(recipe, field):
            problem = _against_mixing(recipe, dataset, tasks)
            _refuse(recipe, field, problem, named)
    channels = dataset.input.shape[0] if dataset.input.kind == "image" else 3
    for field in COLORS:
        if getattr(recipe, field) and channels != 3:
            problem = f"the images of dataset {dataset.name!r} have {channels} channels, not 3"
            _refuse(recipe, field, problem.replace("1 channels", "1 channel"), named)
    if recipe.randaugment and recipe.trivialaugment:
        problem = "trivialaugment is true, and only one of them can draw an image's operations"
        _refuse(recipe, "randaugment", problem, named)
    if recipe.plain_end:
        _refuse(recipe, "plain_end", _against_plain_end(recipe), named)


def _against_plain_end(recipe: Recipe) -> str:
    """Return the reason why a training cannot end without augmentation; empty if it can."""
    if not recipe.is_augmented:
        return "no field of augmentation is set, which the last epochs could be without"
    if recipe.patience and recipe.schedule != "cooldown":
        # Only that schedule has epochs after the one that exhausts patience.
        return (
            f"patience is {recipe.patience}, and with schedule {recipe.schedule} no epoch is known "
            "to be one of the last"
        )
    return ""


def _against_mixing(recipe: Recipe, dataset: DatasetSpec, tasks: Sequence[Task]) -> str:
    """Return the reason why examples cannot be mixed; empty if they can be."""
    names = [task.target.task for task in tasks if not task.mixable]
    if names:
        return f"the targets of task {names[0]} cannot be mixed"
    if not _are_continuous(dataset.input):
        return (
            f"the inputs of dataset {dataset.name!r} are {dataset.input.kind} of "
            f"{dataset.input.dtype}, which cannot be mixed"
        )
    if recipe.batch_size == 1:
        return "batch_size is 1, so that there is no second example to mix with"
    return ""


def _are_continuous(spec: InputSpec) -> bool:
    return spec.kind != "tokens" and spec.dtype.startswith(("uint8", "float"))


def _refuse(recipe: Recipe, field: str, problem: str, named: Callable[[str], str]) -> None:
    if problem:
        raise InvalidValueError(
            f"invalid {named(field)}: {field} is {json.dumps(getattr(recipe, field))}, but "
            f"{problem}",
            hint=f"Leave it out: --set {field}=0",
        )
