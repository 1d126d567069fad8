"""Checks of the fields for classes of unequal size: their weights, their sampler, their metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zoo_core.data.sampling.balanced_order import has_class
from zoo_core.data.splits import TrainingData
from zoo_core.errors import InvalidValueError, did_you_mean, join_names
from zoo_core.metrics.metric_names import metric_names
from zoo_core.metrics.task import Task
from zoo_core.plugins.data_specs import with_names
from zoo_core.plugins.specs import DatasetSpec, LossSpec
from zoo_core.recipes.class_weights import check_class_weights, weighted_targets
from zoo_core.recipes.recipe import Recipe


def check_balance(
    recipe: Recipe, dataset: DatasetSpec, *, losses: Sequence[LossSpec], tasks: Sequence[Task]
) -> None:
    """Check the values of a recipe that depend on the classes of a data set.

    Args:
        recipe: the recipe.
        dataset: its data set.
        losses: loss of each head.
        tasks: task of each head.

    Raises:
        InvalidValueError: the data set has no such class, no classes at all, or no such metric.
    """
    _check_class_weights(recipe, losses, tasks)
    _check_sampler(recipe, dataset, tasks)
    _check_choose_by(recipe, tasks)


def _check_class_weights(recipe: Recipe, losses: Sequence[LossSpec], tasks: Sequence[Task]) -> None:
    given, named = recipe.class_weights, all(task.target.classes for task in tasks)
    # The names of some classes come with the data, and are checked when these are loaded.
    if not isinstance(given, str) and (named or not isinstance(given, Mapping)):
        fields = [loss.recipe_fields for loss in losses]
        check_class_weights(given, weighted_targets(fields, tasks))


def _check_sampler(recipe: Recipe, dataset: DatasetSpec, tasks: Sequence[Task]) -> None:
    if not recipe.sampler:
        return
    off = "Leave it out: --set sampler=''"
    if not any(has_class(task.example_targets(1)) for task in tasks):
        names = join_names(dict.fromkeys(task.target.task for task in tasks))
        raise InvalidValueError(
            f"invalid recipe: sampler is {recipe.sampler!r}, but an example of dataset "
            f"{dataset.name!r} ({names}) has no single class",
            hint=off,
        )
    # Each would fix the examples of all epochs, and so leave out the same ones in each.
    for field, needed in (("fresh", False), ("shuffle", True), ("reshuffle", True)):
        if getattr(recipe, field) != needed:
            value = str(needed).lower()
            raise InvalidValueError(
                f"invalid recipe: sampler {recipe.sampler!r} draws the examples of each epoch "
                f"anew: expected {field} {value}, got {str(not needed).lower()}",
                hint=f"Set it: --set {field}={value}",
            )


def check_sampled_classes(recipe: Recipe, data: TrainingData) -> None:
    """Check that the sampler of a recipe can draw examples of every class of loaded data.

    Raises:
        InvalidValueError: no example of a class is left to train on, as where all of them are one
            group, or all examples are of one class.
    """
    if not recipe.sampler:
        return
    heads = zip(
        data.dataset.targets,
        data.train.targets,
        data.train.select_targets(data.train_rows),
        data.held_out.select_targets(data.validation_rows),
        strict=True,
    )
    classes = [head for head in heads if has_class(head[1])]
    problem = "" if any(np.ptp(train) for _, _, train, _ in classes) else "all are of one class"
    for target, whole, train, held_out in classes:
        for number in np.setdiff1d(np.union1d(whole, held_out), train)[:1].tolist():
            where = f"are in {recipe.tested_on} or validate" if recipe.folds else "validate"
            name = with_names(target).classes[number]
            problem = f"none is of class {name!r}: all of its examples {where}"
    if problem:
        raise InvalidValueError(
            f"invalid recipe: sampler is {recipe.sampler!r}, but of the training examples "
            f"{problem}",
            hint="Leave it out, --set sampler='', or choose other folds: --set split_seed=1"
            if recipe.folds
            else "Leave it out: --set sampler=''",
        )


def _check_choose_by(recipe: Recipe, tasks: Sequence[Task]) -> None:
    if not recipe.choose_by:
        return
    known = dict.fromkeys(name for task in tasks for name in metric_names(task))
    if recipe.choose_by not in known:
        raise InvalidValueError(
            f"invalid recipe: choose_by: expected one of {join_names(known)}, the metrics of its "
            f"targets, got {recipe.choose_by!r}",
            hint=did_you_mean(recipe.choose_by, known) or "Leave it out: --set choose_by=''",
        )
