"""Checks of tasks and losses, on made-up targets and outputs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from zoo_core.errors import DataError, join_names, one_line
from zoo_core.metrics.task import Measure, Metrics, Task
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import LossSpec
from zoo_core.recipes.recipe import LOSS_FIELDS
from zoo_core.testing.check import ContractError, NotApplicableError, expect, expect_equal
from zoo_core.testing.random_data import Array
from zoo_core.testing.random_heads import (
    COUNT,
    each_head,
    examples_of,
    has_classes,
    label,
    make_heads,
)

PIECES = (slice(0, 1), slice(1, 2), slice(2, 6), slice(6, COUNT))
"""Examples that are measured together: alone, and with others."""

TOLERANCE = 1e-4
"""Maximum difference of a measure of an ensemble of one model from the model's own."""
# Because combining outputs may take their softmax and its logarithm.


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
            f"got {_shape(targets)}",
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
            expect(
                values.dtype == np.int64,
                f"count {count!r}{head}: expected int64, got {values.dtype}",
            )
            total = np.sum([part.counts[count] for part in parts], axis=0)
            expect_equal(np.asarray(total), values, f"count {count!r}{head}", "as a sum of parts")


def has_a_column_per_measure(catalog: Catalog, name: str) -> None:
    """Check that each of ``measures`` is a column of one number per example."""
    for head, task, outputs, targets in each_head(catalog, name):
        columns = task.measure(outputs, targets).columns
        for column in (each.name for each in task.measures):
            expect(
                column in columns,
                f"columns{head}: expected {column!r} among them, a name in measures, "
                f"got {join_names(columns)}",
            )
        lengths = {column: values.shape for column, values in columns.items()}
        wanted = {each.name for each in task.measures}
        for column, shape in lengths.items():
            expected = (COUNT,) if column in wanted else (COUNT, *shape[1:])
            expect(shape == expected, f"column {column!r}{head}: expected {expected}, got {shape}")


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


def _check_numbers(metrics: Metrics, what: str) -> None:
    for metric, value in metrics.items():
        plain = type(value) in (int, float)  # not a NumPy number, which `json` refuses, nor a bool
        expect(
            plain and math.isfinite(value),
            f"{what}: {metric!r}: expected a finite int or float, got {value!r} "
            f"({type(value).__name__})",
        )


def describes_every_prediction(catalog: Catalog, name: str) -> None:
    """Check that answers, texts, records and rows have one entry per example."""
    for head, task, outputs, targets in each_head(catalog, name):
        prediction = task.predict(outputs)
        for field, values in vars(prediction).items():
            _check_length(values, f"predict{head}: {field}")
        answers = task.answers(prediction)
        if answers is not None:
            _check_length(answers, f"answers{head}")
            expect(answers.dtype == np.int64, f"answers{head}: expected int64, got {answers.dtype}")
            _check_length([*task.target_texts(answers)], f"target_texts{head}")
        _check_length([*task.target_texts(targets)], f"target_texts{head}")
        _check_length([*task.texts(prediction)], f"texts{head}")
        records = [*task.records(prediction)]
        _check_length(records, f"records{head}")
        _check_json(records, f"records{head}")
        _check_rows(task, [*task.rows(prediction)], head)


def _check_length(values: Any, what: str) -> None:
    expect(
        hasattr(values, "__len__") and len(values) == COUNT,
        f"{what}: expected one entry for each of {COUNT} examples, got {_shape(values)}",
    )


def _check_json(records: Sequence[Any], what: str) -> None:
    expect(
        all(isinstance(each, dict) for each in records), f"{what}: expected dicts, got {records}"
    )
    try:
        json.dumps(records, allow_nan=False)
    except (TypeError, ValueError) as exc:
        raise ContractError(f"{what}: expected JSON values, got {one_line(exc)}") from exc


def _check_rows(task: Task, rows: Sequence[Sequence[str]], head: str) -> None:
    _check_length(rows, f"rows{head}")
    columns = task.columns("_1")
    for row in rows:
        expect(
            len(row) == len(columns) and all(isinstance(cell, str) for cell in row),
            f"rows{head}: expected a string for each of {len(columns)} columns, got {row}",
        )
    # Heads of one task are beside each other in a file.
    expect(
        len({*columns, *task.columns("_2")}) == 2 * len(columns),
        f"columns{head}: expected names that differ, and that have the suffix of the head, "
        f"got {columns}",
    )


def combines_equal_members(catalog: Catalog, name: str) -> None:
    """Check that an ensemble of one model twice gives the answers of the model."""
    for head, task, random, targets in each_head(catalog, name):
        # Rounded, so that no two outputs differ so little that rounding may exchange them.
        outputs = np.round(random * 16) / 16
        combined = task.combine([outputs, outputs.copy()])
        expect(
            combined.shape == outputs.shape,
            f"combine{head}: expected {outputs.shape}, got {combined.shape}",
        )
        why = "of two equal members"
        own, both = (task.answers(task.predict(each)) for each in (outputs, combined))
        if own is not None and both is not None:
            expect_equal(both, own, f"an answer{head}", why)
        first = task.measures[0].name
        alone, together = (
            task.measure(each, targets).columns[first].astype(np.float64)
            for each in (outputs, combined)
        )
        within = TOLERANCE * max(1.0, float(np.abs(alone).max()))
        expect_equal(together, alone, f"{first}{head}", why, within=within)


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
            raise ContractError(f"check_targets{head} accepts {what}: {_shape(wrong)}")


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


def _shape(values: Any) -> str:
    """Return dtype and shape of an array, or the type and the length of anything else."""
    if isinstance(values, np.ndarray):
        return f"{values.dtype} {values.shape}"
    length = f" of {len(values)}" if hasattr(values, "__len__") else ""
    return f"{type(values).__name__}{length}"


def has_its_task_installed(catalog: Catalog, entry: Entry[LossSpec]) -> None:
    """Check that the name of the loss's task is installed and unambiguous."""
    catalog.task(entry.spec.task)


def implements_recipe_fields_of_losses(entry: Entry[LossSpec]) -> None:
    """Check that its ``recipe_fields`` are those that a loss can implement."""
    unknown = sorted({*entry.spec.recipe_fields} - LOSS_FIELDS)
    expect(
        not unknown,
        f"recipe_fields of its spec: expected some of {join_names(sorted(LOSS_FIELDS))}, "
        f"got {join_names(unknown)}",
    )


TASK_CHECKS = (
    measures_examples_independently,
    has_a_column_per_measure,
    has_finite_metrics,
    describes_every_prediction,
    combines_equal_members,
    refuses_wrong_targets,
)
"""Checks of a task that has legal example targets."""
