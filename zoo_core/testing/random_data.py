"""Random data for the checks: examples of any kind of input, for heads of any task.

Everything in the checks that depends on the kind of an input or on the task of a head is in this
module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.normalization import Normalization
from zoo_core.data.splits import TrainingData
from zoo_core.metrics.task import Task
from zoo_core.plugins.data_specs import InputSpec, TargetSpec, class_targets, with_names
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.system.random_numbers import uniform

Array = np.ndarray[Any, Any]

EXAMPLES, HELD_OUT = 16, 8
"""Number of random examples to train on, and to validate on."""
# A model's own data set may need a download, and would make every check slower.

LEARNED = 0.75
"""Maximum mean loss of learned examples, as a share of that with other targets."""

_SHAPE, _CLASSES = (3, 12, 12), 4

DATASET = DatasetSpec(
    name="random",
    summary="Random images, for checks.",
    loader="zoo_core.testing.random_data:load",
    input=InputSpec(shape=_SHAPE),
    targets=class_targets(_CLASSES),
    sizes={"train": EXAMPLES + HELD_OUT, "test": HELD_OUT},
    sha256="",
    license="CC0-1.0",
    source="random numbers",
)
"""The data set of the checks, with one head."""

# Heads of different sizes, so that a trainer that confuses them fails.
TWO_HEADED = replace(DATASET, name="random-pairs", targets=class_targets(_CLASSES, 3))
"""The data set on which trainers are checked; it is described, but never loaded."""


def load() -> ArrayDataset:
    """Return the data set of the spec `DATASET`."""
    train, test = (
        _split(DATASET.input, [np.arange(size) % _CLASSES]) for size in DATASET.sizes.values()
    )
    return _dataset(DATASET.input, DATASET.targets, train, test)


def training_data(spec: InputSpec, tasks: Sequence[Task]) -> TrainingData:
    """Return random training and validation examples of a kind of input, for heads of tasks."""
    split = _split(spec, [task.example_targets(EXAMPLES + HELD_OUT) for task in tasks])
    dataset = _dataset(spec, [task.target for task in tasks], split, split)
    rows = np.arange(len(split))
    normalization = Normalization(dataset.mean, dataset.std)
    return TrainingData(dataset, rows[:EXAMPLES], rows[EXAMPLES:], normalization)


def first_examples(data: TrainingData) -> Split:
    """Return the random examples to train on."""
    rows = data.train_rows
    return Split(data.train.inputs[rows], data.train.select_targets(rows))


def output_misfit(task: Task, output: Array, count: int) -> str:
    """Return how the outputs of a head differ from those of its task; empty if they do not."""
    expected: tuple[int | None, ...] = (count, *task.output_shape)
    fits = output.ndim == len(expected) and all(
        want in (None, got) for want, got in zip(expected, output.shape, strict=True)
    )
    wanted = ", ".join("any" if each is None else str(each) for each in expected)
    return "" if fits else f"expected ({wanted}), got {output.shape}"


def other_data(
    spec: InputSpec, tasks: Sequence[Task], heads: int | None
) -> dict[str, list[tuple[InputSpec, list[Task]]]]:
    """Return other data sets for a model, by the name of what differs from its own.

    Args:
        spec: input of the model's own data set.
        tasks: task of each of its heads.
        heads: number of heads of the model; None for any.
    """
    more = [_with_more_outputs(task, 3) for task in tasks]
    changed = [(one, two) for one, two in zip(tasks, more, strict=True) if one is not two]
    others = [more] if changed else []
    if any(task.target.size > 2 for task in tasks):
        # Two, because some frameworks return a single number for two classes.
        others.append([_with_two_classes(task) for task in tasks])
    if heads is None and changed:
        task = changed[0][0]
        others.append([_with_more_outputs(task, 1), _with_more_outputs(task, 4)])
    specs = [replace(spec, shape=shape, columns=()) for shape in _other_shapes(spec)]
    return {
        "outputs": [(spec, each) for each in others],
        "input_shape": [(each, [_for_input(task, spec, each) for task in tasks]) for each in specs],
    }


def _with_more_outputs(task: Task, more: int) -> Task:
    """Return the task of a target with more classes or values; itself for one per pixel."""
    target = task.target
    if target.size:
        return type(task)(replace(target, classes=(), size=target.size + more))
    if len(target.shape) < 2:
        return type(task)(replace(target, shape=(target.values + more,)))
    return task


def _with_two_classes(task: Task) -> Task:
    """Return the task of a target with two classes; itself for one without classes."""
    return type(task)(replace(task.target, classes=(), size=2)) if task.target.size else task


def _for_input(task: Task, spec: InputSpec, other: InputSpec) -> Task:
    """Return the task for inputs of another shape: with a target per pixel, if it has one."""
    if spec.kind == "image" and task.target.shape == spec.shape[1:]:
        return type(task)(replace(task.target, shape=other.shape[1:]))
    return task


def _other_shapes(spec: InputSpec) -> list[tuple[int, ...]]:
    if spec.kind == "image":
        channels, height, width = spec.shape
        # Not square, which shows height and width in the wrong order; a multiple, because patches
        # and strides divide the model's own size.
        return [
            (1 if channels == 3 else 3, height, width),
            (channels, height, 2 * width),
            (channels, 2 * height, width),
        ]
    return [tuple(2 * size for size in spec.shape)]


def shortfall(
    tasks: Sequence[Task], outputs: Sequence[Array], before: Sequence[Array], split: Split
) -> str:
    """Return the head whose outputs do not fit the targets, or an empty string.

    A head fits if its loss is smaller than with the targets of other examples, or than it was
    before the training: a small model need not know all.
    """
    heads = zip(tasks, outputs, before, split.targets, strict=True)
    for head, (task, output, first, targets) in enumerate(heads, 1):
        own, others = _mean_loss(task, output, targets), _mean_loss(task, output, targets[::-1])
        limit = LEARNED * max(others, _mean_loss(task, first, targets))
        if not own <= limit:
            what = f"mean loss of head {head} for {len(targets)} examples"
            return f"{what}: expected at most {limit:.3g}, got {own:.3g}"
    return ""


def _mean_loss(task: Task, output: Array, targets: Array) -> float:
    measures = [each.name for each in task.measures]
    # Of the first measure, less of it is a loss, too, if more of it is better.
    name = "loss" if "loss" in measures else measures[0]
    mean = float(task.measure(output, targets).columns[name].mean())
    return 1 - mean if name != "loss" and task.measures[0].higher_is_better else mean


def _split(spec: InputSpec, targets: Sequence[Array]) -> Split:
    noise = uniform((len(targets[0]), *spec.shape), 1)
    # A pattern per target below the noise, because a small model cannot learn noise by heart.
    patterns = np.mean([_patterns(spec, each, i) for i, each in enumerate(targets)], axis=0)
    if spec.kind == "tokens":
        shares = np.where(uniform(noise.shape, 3) < 0.5, noise, patterns)
        return Split((spec.size * shares).astype(spec.dtype), tuple(targets))
    shares = 0.5 * noise + 0.5 * patterns
    scale = 256 if np.dtype(spec.dtype) == np.uint8 else 1
    return Split((scale * shares).astype(spec.dtype), tuple(targets))


def _patterns(spec: InputSpec, targets: Array, head: int) -> Array:
    """Return one pattern per example, equal for equal targets."""
    codes = targets.astype(np.int64)
    codes -= codes.min()  # -1 is the padding of strings
    levels = uniform((int(codes.max()) + 1, spec.shape[0]), 2, head)
    if spec.kind == "image" and targets.shape[1:] == spec.shape[1:]:
        return np.moveaxis(levels[codes], -1, 1)  # a level per pixel, for its class
    if spec.kind == "image" and targets.ndim == 2 and targets.dtype.kind == "i":
        # A vertical stripe per symbol of a string.
        stripes = np.arange(spec.shape[2]) * targets.shape[1] // spec.shape[2]
        columns = np.moveaxis(levels[codes[:, stripes]], -1, 1)[:, :, np.newaxis]
        return np.broadcast_to(columns, (len(targets), *spec.shape))
    _, numbers = np.unique(targets.reshape(len(targets), -1), axis=0, return_inverse=True)
    patterns: Array = uniform((int(numbers.max()) + 1, *spec.shape), 2, head)[numbers.ravel()]
    return patterns


def _dataset(
    spec: InputSpec, targets: Sequence[TargetSpec], train: Split, test: Split
) -> ArrayDataset:
    entries = 0 if spec.kind == "tokens" else spec.shape[0]
    return ArrayDataset(
        splits={"train": train, "test": test},
        targets=tuple(map(with_names, targets)),
        mean=(0.5,) * entries,
        std=(0.2,) * entries,
        input=spec,
    )
