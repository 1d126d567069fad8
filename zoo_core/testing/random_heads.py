"""Heads of a task for its checks: targets of several sizes and shapes, and random outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from zoo_core.errors import ZooError, one_line
from zoo_core.metrics.task import Task
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.system.random_numbers import uniform
from zoo_core.testing.check import ContractError
from zoo_core.testing.random_data import Array, with_names

COUNT = 9
"""Number of examples of a head."""

SIZES = (2, 3, 7)
"""Numbers of classes of the targets of heads."""

SHAPES: tuple[tuple[int, ...], ...] = ((), (5,), (4, 6))
"""Shapes of the targets of heads: of a number, of a vector or a string, of an image."""


def make_heads(catalog: Catalog, name: str) -> list[Task]:
    """Return a task for each target of its plugin's data sets, and for others that it accepts.

    Raises:
        ContractError: it accepts none of them.
    """
    entry = catalog.task(name)
    cls: Callable[[TargetSpec], Task] = entry.resolve(entry.spec.task)
    heads = [
        cls(with_names(target))
        for each in catalog.entries("datasets").values()
        if each.plugin == entry.plugin
        for target in each.spec.targets
        if target.task == entry.spec.name
    ]
    problems = []
    for shape in SHAPES:
        targets = [TargetSpec(task=name, classes=_names(size), shape=shape) for size in SIZES]
        refusals = [_refusal(cls, target) for target in targets]
        # A task may be for targets of one shape alone; one that it accepts, it does so for every
        # number of classes.
        if not all(refusals):
            heads += map(cls, targets)
        problems += refusals
    if not heads:
        raise ContractError(f"example_targets: none of any shape could be made: {problems[0]}")
    return heads


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
    # Enough time steps, where the model decides about them, for any string.
    free = 2 * max(task.target.shape, default=5) + 2
    shape = (free if size is None else size for size in task.output_shape)
    outputs = 6 * uniform((COUNT, *shape), 3) - 3
    return outputs.astype("float32"), task.example_targets(COUNT)


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
