"""Checks of tasks: their targets, and the scoring of random outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from zoo_core.data.normalization import Normalization
from zoo_core.data.standardize import check_scale, target_scale
from zoo_core.errors import DataError, PluginError, join_names, one_line
from zoo_core.metrics.task import Measure, Metrics, Task
from zoo_core.metrics.task_contract import REQUIRED, is_missing, measure_head
from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.check import ContractError, NotApplicableError, expect, expect_equal
from zoo_core.testing.random_data import Array
from zoo_core.testing.random_heads import (
    COUNT,
    each_head,
    examples_of,
    has_classes,
    label,
    make_heads,
    shape_text,
)

PIECES = (slice(0, 1), slice(1, 2), slice(2, 6), slice(6, COUNT))
"""Examples that are measured together: alone, and with others."""


def is_a_task_with_measures(catalog: Catalog, name: str) -> None:
    """Check that the import string is that of a subclass of `zoo_core.Task` with measures."""
    entry = catalog.task(name)
    cls = entry.resolve(entry.spec.task)
    expect(
        isinstance(cls, type) and issubclass(cls, Task),
        f"{entry.spec.task}: expected a subclass of zoo_core.Task, got {cls!r}",
    )
    measures = getattr(cls, "measures", ())
    # The first of them selects the best epoch.
    expect(
        measures and all(isinstance(each, Measure) for each in measures),
        f"measures: expected at least one zoo_core.Measure, got {measures!r}",
    )
    lacking = [method for method in REQUIRED if is_missing(cls, method)]
    expect(not lacking, f"methods of {cls.__name__}: expected also {join_names(lacking)}")
    names = [each.name for each in measures]
    expect(len({*names}) == len(names), f"measures: expected different names, got {names}")


def has_its_default_loss(catalog: Catalog, name: str) -> None:
    """Check that a trainer of at least one framework has the task's default loss."""
    entry = catalog.task(name)
    losses = [each.spec for each in catalog.losses() if each.spec.task == entry.spec.name]
    if any(each.name == entry.spec.loss for each in losses):
        return
    if entry.plugin.distribution == "zoo-core" and not losses:
        raise NotApplicableError("no plugin of a framework that has its losses is installed")
    found = join_names(sorted({each.name for each in losses})) or "none"
    expect(
        False,
        f"losses of the task: expected {entry.spec.loss!r}, its default, for a framework, "
        f"got {found}; offer it with the hook zoo_losses",
    )


def has_legal_example_targets(catalog: Catalog, name: str) -> None:
    """Check that ``example_targets`` are as many as asked, and pass ``check_targets``."""
    for task in make_heads(catalog, name):
        head, targets = label(task), task.example_targets(COUNT)
        expect(
            isinstance(targets, np.ndarray) and len(targets) == COUNT,
            f"example_targets({COUNT}){head}: expected an array of {COUNT} targets, "
            f"got {shape_text(targets)}",
        )
        try:
            task.check_targets(targets)
            task.check_outputs(examples_of(task)[0].shape[1:], targets)
        except DataError as exc:
            raise ContractError(f"example_targets({COUNT}){head}: {exc.problem}") from exc


def measures_examples_independently(catalog: Catalog, name: str) -> None:
    """Check that measures are the same to the bit whatever examples are measured together."""
    # Because one process measures all examples of a split, and another one its share of them.
    for head, task, outputs, targets in each_head(catalog, name):
        whole = task.measure(outputs, targets)
        parts = [task.measure(outputs[piece], targets[piece]) for piece in PIECES]
        for column, values in whole.columns.items():
            pieces = np.concatenate([part.columns[column] for part in parts])
            expect_equal(pieces, values, f"column {column!r}{head}", "with other examples")
        for count, values in whole.counts.items():
            total = np.sum([part.counts[count] for part in parts], axis=0)
            expect_equal(np.asarray(total), values, f"count {count!r}{head}", "as a sum of parts")


def has_a_column_per_measure(catalog: Catalog, name: str) -> None:
    """Check that each of ``measures`` is a column of one number per example."""
    for head, task, outputs, targets in each_head(catalog, name):
        try:
            measure_head(task, outputs, targets)
        except PluginError as exc:
            raise ContractError(f"{exc.problem}{head}", hint=exc.hint) from exc


def has_finite_metrics(catalog: Catalog, name: str) -> None:
    """Check that metrics are finite JSON numbers, and that the headline is among them."""
    for head, task, outputs, targets in each_head(catalog, name):
        # Of a single example too, for which a variance is 0.
        for count in (COUNT, 1):
            measured = task.measure(outputs[:count], targets[:count])
            _check_numbers(task.metrics(measured), f"metrics{head}")
            _check_numbers(task.details(measured), f"details{head}")
        metrics = task.metrics(measured)
        headline = task.headline or task.measures[0].name
        expect(
            headline in metrics,
            f"metrics{head}: expected {headline!r} among them, the headline, "
            f"got {join_names(metrics)}",
        )
        unknown = task.lower_is_better.difference(metrics, task.details(measured))
        expect(not unknown, f"lower_is_better{head}: it has no metric {join_names(unknown)}")


def _check_numbers(metrics: Metrics, what: str) -> None:
    for metric, value in metrics.items():
        plain = type(value) in (int, float)  # not a NumPy number, which `json` refuses, nor a bool
        expect(
            plain and math.isfinite(value),
            f"{what}: {metric!r}: expected a finite int or float, got {value!r} "
            f"({type(value).__name__})",
        )


def restores_scaled_outputs(catalog: Catalog, name: str) -> None:
    """Check that outputs of a scalable task can be restored to the units of its targets."""
    for head, task, outputs, targets in each_head(catalog, name):
        if not task.scalable:
            continue
        expect(
            targets.dtype.kind == "f",
            f"example_targets of a scalable task{head}: expected floats, got {targets.dtype}",
        )
        check_scale(task)
        normalization = Normalization((), (), (target_scale(targets),))
        normalization.scale_targets([targets])
        (restored,) = normalization.restore_outputs([outputs])
        task.measure(restored, targets)


def refuses_wrong_targets(catalog: Catalog, name: str) -> None:
    """Check that NaN, negative classes and targets of a wrong shape are a `DataError`."""
    for task in make_heads(catalog, name):
        head, targets = label(task), task.example_targets(COUNT)
        for what, wrong in _wrong_targets(task, targets):
            try:
                task.check_targets(wrong)
            except DataError:
                continue
            except Exception as exc:
                raise ContractError(
                    f"check_targets of {what}{head}: expected a DataError, got {one_line(exc)}"
                ) from exc
            raise ContractError(f"check_targets{head} accepts {what}: {shape_text(wrong)}")


def _wrong_targets(task: Task, targets: Array) -> Iterator[tuple[str, Array]]:
    yield "targets of one more axis", targets[..., np.newaxis]
    floats = targets if targets.dtype.kind == "f" else targets.astype(np.float64)
    yield "NaN", _with(floats, np.nan)
    if targets.dtype.kind in "iub":
        integers = targets.astype(np.int64)
        yield "a negative integer", _with(integers, np.iinfo(np.int64).min)
        if has_classes(task):
            yield "a class that is too large", _with(integers, np.iinfo(np.int64).max)


def _with(targets: Array, value: float) -> Array:
    """Return targets the last of which has a value."""
    changed = targets.copy()
    changed.reshape(-1)[-1] = value
    return changed


MEASURE_CHECKS = (
    has_a_column_per_measure,
    measures_examples_independently,
    has_finite_metrics,
)
"""Checks of the measures of a task that has legal example targets; each needs those before it."""
