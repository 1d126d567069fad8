"""Random heads of a task, for its checks: targets of several sizes and shapes, and outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from zoo_core.errors import ZooError, one_line
from zoo_core.metrics.task import Task
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import TargetSpec, with_names
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import TaskSpec
from zoo_core.system.random_numbers import uniform
from zoo_core.testing.check import ContractError
from zoo_core.testing.random_data import Array

COUNT = 23
"""Number of examples of a head."""
# Unlike the sizes below, so that a task that confuses examples with classes or values fails.

SIZES = (2, 3, 7)
"""Numbers of classes of the targets of heads."""

SHAPES: tuple[tuple[int, ...], ...] = ((), (5,), (4, 6))
"""Shapes of the targets of heads: of a number, of a vector or a string, of an image."""


MAX_OUTPUTS = 100_000
"""Maximum number of outputs per example of a head that a data set describes."""


def make_heads(catalog: Catalog, name: str) -> list[Task]:
    """Return a task for each target of its plugin's data sets, and for others that it accepts.

    Raises:
        ContractError: it accepts none of them.
    """
    entry = catalog.task(name)
    cls: Callable[[TargetSpec], Task] = entry.resolve(entry.spec.task)
    described = [cls(target) for target in _described(catalog, entry)]
    # Without those of large images, whose logits would take gigabytes.
    heads = [task for task in described if math.prod(_shape(task)) <= MAX_OUTPUTS]
    refusals = []
    for shape in SHAPES:
        targets = [TargetSpec(task=name, classes=_names(size), shape=shape) for size in SIZES]
        reasons = [_refusal(cls, target) for target in targets]
        # A task may be for targets of one shape alone; one that it accepts for some number of
        # classes, it accepts for every number.
        if not all(reasons):
            heads += map(cls, targets)
        refusals += reasons
    if not heads and not described:
        raise ContractError(f"example_targets: none of any shape could be made: {refusals[0]}")
    return heads or described[:1]


def _described(catalog: Catalog, entry: Entry[TaskSpec]) -> Iterable[TargetSpec]:
    """Return the different targets of a task in the data sets of its plugin."""
    return dict.fromkeys(
        with_names(target)
        for each in catalog.entries("datasets").values()
        if each.plugin == entry.plugin
        for target in each.spec.targets
        if target.task == entry.spec.name
    )


def _refusal(cls: Callable[[TargetSpec], Task], target: TargetSpec) -> str:
    """Return why a task does not accept a target; empty if it does."""
    try:
        task = cls(target)
        task.check_targets(task.example_targets(COUNT))
    except Exception as exc:  # of third-party code
        return exc.problem if isinstance(exc, ZooError) else one_line(exc)
    return ""


def _names(size: int) -> tuple[str, ...]:
    return tuple("abcdefg"[:size])  # one character each, because they may be symbols of a string


def examples_of(task: Task) -> tuple[Array, Array]:
    """Return random outputs of a head, and targets of as many examples."""
    outputs = 6 * uniform((COUNT, *_shape(task)), 3) - 3
    return outputs.astype(np.float32), task.example_targets(COUNT)


def _shape(task: Task) -> list[int]:
    """Return a shape of the outputs for one example."""
    # Enough time steps, where the model decides about them, for any string.
    steps = 2 * max(task.target.shape, default=5) + 2
    return [steps if size is None else size for size in task.output_shape]


def has_classes(task: Task) -> bool:
    """Return whether the outputs of a head are as many as its target has classes."""
    target = task.target
    more = replace(target, classes=(), size=target.size + 1)
    return type(task)(more).outputs != task.outputs


def label(task: Task) -> str:
    """Return the size and the shape of a head's target, to append to the name of a value."""
    return f" of {task.target.size} classes and targets of shape {task.target.shape}"


def each_head(catalog: Catalog, name: str) -> Iterator[tuple[str, Task, Array, Array]]:
    """Yield label, task, outputs and targets of each head."""
    for task in make_heads(catalog, name):
        yield label(task), task, *examples_of(task)


def shape_text(values: Any) -> str:
    """Return dtype and shape of an array, or the type and the length of anything else."""
    if isinstance(values, np.ndarray):
        return f"{values.dtype} {values.shape}"
    length = f" of {len(values)}" if hasattr(values, "__len__") else ""
    return f"{type(values).__name__}{length}"
