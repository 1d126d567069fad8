"""The contract of a task's methods: their results, checked where the core receives them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.metrics.task import Array, Measured, Metrics, Task
from zoo_core.plugins.faults.calls import call, result_error, result_text
from zoo_core.text import counted

REQUIRED = ("measure", "predict", "texts", "records", "columns", "rows", "example_targets")
"""Methods that a subclass of `Task` defines."""


def is_missing(cls: type[Task], method: str) -> bool:
    """Return whether a class lacks a required method."""
    return method in REQUIRED and getattr(cls, method) is getattr(Task, method)


def measure_head(task: Task, outputs: Array, targets: Array) -> Measured:
    """Return the measures of a head's outputs against its targets, at least one.

    Raises:
        PluginError: the task's `measure` breaks the contract.
    """
    measured = _call(task, "measure", outputs, targets)
    if not isinstance(measured, Measured) or not isinstance(measured.columns, Mapping):
        raise _error(task, "measure", "a zoo_core.Measured", result_text(measured))
    names, count = [each.name for each in task.measures], len(outputs)
    if missing := [name for name in names if name not in measured.columns]:
        raise _error(task, "measure", f"a column {missing[0]!r}", f"{[*measured.columns]}")
    for name, column in measured.columns.items():
        shape = (count,) if name in names else (count, *getattr(column, "shape", ())[1:])
        if not isinstance(column, np.ndarray) or column.shape != shape:
            expected = f"an array of shape {shape} as the column {name!r}"
            raise _error(task, "measure", expected, result_text(column))
        # Outputs that are not finite are an error of the model, which callers report.
        if name in names and np.isnan(column).any() and np.isfinite(outputs).all():
            example = f"NaN in example {int(np.isnan(column).argmax())} of {count}, from 0"
            raise _error(task, "measure", f"numbers in the column {name!r}", example)
    for name, sums in measured.counts.items():
        if getattr(sums, "dtype", None) != np.int64:
            got = f"{getattr(sums, 'dtype', '')} {result_text(sums)}".strip()
            raise _error(task, "measure", f"int64 as the count {name!r}", got)
    return measured


def metrics_of(task: Task, measured: Measured, detail: str = "") -> Metrics:
    """Return the metrics of a head, with one of its details, if it has one of that name.

    Raises:
        PluginError: the task's `metrics` breaks the contract.
    """
    metrics: Metrics = _call(task, "metrics", measured)
    if not isinstance(metrics, dict):
        raise _error(task, "metrics", "a dict of numbers", result_text(metrics))
    if detail and detail not in metrics:
        details = details_of(task, measured)
        metrics = metrics | {name: details[name] for name in [detail] if name in details}
    # NaN among the measures comes from the model's outputs.
    finite = not any(np.isnan(measured.columns[each.name]).any() for each in task.measures)
    for name, value in metrics.items():
        if type(value) not in (int, float) or (finite and math.isnan(value)):
            got = f"{value!r} ({type(value).__name__})"
            raise _error(task, "metrics", f"an int or float as {name!r}", got)
    if (headline := task.headline or task.measures[0].name) not in metrics:
        raise _error(task, "metrics", f"{headline!r}, the headline, among them", f"{[*metrics]}")
    return metrics


def details_of(task: Task, measured: Measured) -> Metrics:
    """Return the details of a head.

    Raises:
        PluginError: the task's `details` breaks the contract.
    """
    details: Metrics = _call(task, "details", measured)
    if not isinstance(details, dict):
        raise _error(task, "details", "a dict of numbers", result_text(details))
    return details


def predict_head(task: Task, outputs: Array) -> Any:
    """Return the predictions of a head's outputs.

    Raises:
        PluginError: the task's `predict` breaks the contract.
    """
    prediction = _call(task, "predict", outputs)
    fields: dict[str, Any] = getattr(prediction, "__dict__", {})
    for name, values in fields.items():
        if not hasattr(values, "__len__") or len(values) != len(outputs):
            expected = f"one entry per example, {len(outputs)}, as the field {name!r}"
            raise _error(task, "predict", expected, result_text(values))
    if prediction is None or isinstance(prediction, np.ndarray | list | tuple):
        expected = "an object with an array, or list, per field"
        raise _error(task, "predict", expected, result_text(prediction))
    return prediction


def entries_of(task: Task, method: str, prediction: Any, count: int) -> list[Any]:
    """Return what `texts`, `records` or `rows` yield for the predictions of N examples.

    Raises:
        PluginError: they are not one per example, or a row does not fit `columns`.
    """
    entries = [*_call(task, method, prediction)]
    if len(entries) != count:
        raise _error(task, method, f"one entry per example, {count}", f"{len(entries)}")
    columns = _call(task, "columns", "")
    if method == "rows" and (wrong := {len(row) for row in entries} - {len(columns)}):
        expected = f"{counted(len(columns), 'cell')}, one per column ({', '.join(columns)})"
        raise _error(task, method, expected, f"{min(wrong)}")
    return entries


def csv_columns(tasks: Sequence[Task]) -> list[str]:
    """Return the names of the columns of `rows`; of several heads, with the target's name."""
    return [
        column
        for task, suffix in zip(tasks, suffixes(tasks), strict=True)
        for column in task.columns(suffix)
    ]


def suffixes(tasks: Sequence[Task]) -> list[str]:
    """Return the end of the names of each head's columns; empty for a single head."""
    if len(tasks) == 1:
        return [""]
    names = [task.target.name for task in tasks]
    if not all(names) or len({*names}) < len(names):
        names = [str(number) for number in range(1, 1 + len(tasks))]
    return [f"_{name}" for name in names]


def _call(task: Task, method: str, *arguments: Any) -> Any:
    if is_missing(type(task), method):
        problem = f"task {task.target.task!r}: {type(task).__name__} has no method {method!r}"
        raise PluginError(problem, hint=f"Define it in {type(task).__module__}.")
    return call(_name(task, method), getattr(task, method), *arguments)


def _name(task: Task, method: str) -> str:
    return f"task {task.target.task!r}, {type(task).__name__}.{method}"


def _error(task: Task, method: str, expected: str, got: str) -> PluginError:
    return result_error(_name(task, method), expected, got, getattr(type(task), method))
