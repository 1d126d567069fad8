"""Statistics of the training rows by which inputs and targets are normalized."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset
from zoo_core.data.normalization import Normalization, TargetScale
from zoo_core.data.wrong_numbers import check_numbers
from zoo_core.errors import DataError, InvalidValueError, join_names
from zoo_core.metrics.task import Task
from zoo_core.plugins.data_specs import InputSpec, feature_name
from zoo_core.recipes.recipe import Recipe


def make_normalization(
    dataset: ArrayDataset, rows: NDArray[np.int64], recipe: Recipe, tasks: Sequence[Task]
) -> Normalization:
    """Return the normalization of a recipe.

    Args:
        dataset: the data set.
        rows: training rows, from which statistics are computed that the data set does not state.
        recipe: the recipe.
        tasks: task of each head.

    Raises:
        DataError: a value is missing although the recipe does not fill it, or a feature or a
            target of numbers is constant.
    """
    train, spec = dataset.splits["train"], dataset.input_spec
    used = [targets[rows] for targets in train.targets]
    for head, (task, targets) in enumerate(zip(tasks, used, strict=True), 1):
        if task.scalable and targets.min() == targets.max():
            raise DataError(
                f"target {task.target.name or head} has the same value in all training rows: "
                f"{targets.flat[0]}",
                hint="Choose another target: a model of it would learn nothing.",
            )
    scales = tuple(
        target_scale(targets) if recipe.standardize and task.scalable else None
        for task, targets in zip(tasks, used, strict=True)
    )
    scales = scales if any(scales) else ()
    if np.dtype(spec.dtype).kind != "f":
        mean, std = dataset.mean, dataset.std
        if spec.kind == "image" and not mean:
            mean, std = _pixel_statistics(train.inputs, rows)
        if not recipe.normalize:
            mean, std = (0.0,) * len(mean), (1.0,) * len(mean)  # pixels / 255
        return Normalization(mean, std, scales)
    fill = recipe.missing == "mean"
    for name in dataset.splits:
        check_numbers(dataset, name, fill=fill)
    mean, std = dataset.mean, dataset.std
    if not mean and (recipe.normalize or fill):
        mean, std = _statistics(train.inputs[rows], spec)
    filled = mean if fill else ()
    return Normalization(*((mean, std) if recipe.normalize else ((), ())), scales, filled)


def check_scale(task: Task) -> None:
    """Check that the outputs of a scalable task can be restored to the units of its targets.

    Raises:
        InvalidValueError: it has another number of outputs than of values.
    """
    values, outputs = task.target.values, task.output_shape
    # Of a single number, every output is restored by the same mean and deviation.
    if task.scalable and values > 1 and outputs != (values,):
        raise InvalidValueError(
            f"task {task.target.task!r} is scalable, with {values} values per target: "
            f"expected outputs of shape ({values},) per example, one per value, got {outputs}",
            hint="Train with --set standardize=false; the task's author can let `scalable` be "
            "False for this target.",
        )


def _statistics(
    inputs: NDArray[Any], spec: InputSpec
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation per entry of the first axis, without missing values."""
    axes = tuple(axis for axis in range(inputs.ndim) if axis != 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of NumPy, for a feature without values
        # In float64, because the sum over many rows would lose digits in float32.
        mean = np.atleast_1d(np.nanmean(inputs, axis=axes, dtype=np.float64))
        std = np.atleast_1d(np.nanstd(inputs, axis=axes, dtype=np.float64))
    # Categories stay 0 and 1: divided by its deviation, a rare one would be far larger than any
    # number, and one that no training row has could not be divided at all.
    first = 0
    for column in spec.columns:
        features = slice(first, first := first + column.features)
        if column.categories:
            mean[features], std[features] = 0.0, 1.0
    if constant := [feature_name(spec, int(each)) for each in np.flatnonzero(~(std > 0))]:
        raise DataError(
            f"{'feature' if len(constant) == 1 else 'features'} with the same value, or none, in "
            f"all training rows: {join_names(constant)}",
            hint="Leave such features out of the data (with csv: and parquet:, drop=COLUMN): "
            "they cannot be standardized, and say nothing.",
        )
    return tuple(map(float, mean)), tuple(map(float, std))


def _pixel_statistics(
    images: NDArray[Any], rows: NDArray[np.int64]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of pixels from 0 to 1 per channel."""
    total, squares = 0, 0
    # In integers, whose sums are exact, and a few images at a time, which may be memory-mapped.
    for start in range(0, len(rows), 256):
        pixels = images[rows[start : start + 256]].astype(np.int64)
        total = total + pixels.sum(axis=(0, 2, 3))
        squares = squares + (pixels**2).sum(axis=(0, 2, 3))
    count = len(rows) * images[0, 0].size
    mean = np.asarray(total / count)
    std = np.sqrt(np.maximum(squares / count - mean**2, 0))
    std = np.where(std == 0, 255, std)  # a channel without contrast has nothing to divide by
    return tuple(map(float, mean / 255)), tuple(map(float, std / 255))


def target_scale(targets: NDArray[Any]) -> TargetScale:
    """Return mean and standard deviation per value of a head's targets."""
    mean = np.atleast_1d(targets.mean(axis=0, dtype=np.float64))
    std = np.atleast_1d(targets.std(axis=0, dtype=np.float64))
    # A constant target needs no scale, and has none to divide by.
    std = np.where(std == 0, 1.0, std)
    return TargetScale(tuple(map(float, mean.ravel())), tuple(map(float, std.ravel())))
