"""Output of predictions: one line of text, JSON object or CSV row per example."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.task import Task
from zoo_core.metrics.task_contract import entries_of


def text_lines(
    names: Sequence[str], predictions: Predictions, tasks: Sequence[Task]
) -> Iterator[str]:
    """Yield ``NAME: 7 (98.1%), 9 (1.2%)`` per example; semicolons separate the heads."""
    heads = _entries("texts", predictions, tasks)
    for name, *texts in zip(names, *heads, strict=True):
        yield f"{name}: {'; '.join(texts)}"


def json_records(
    names: Sequence[str], predictions: Predictions, tasks: Sequence[Task]
) -> Iterator[dict[str, Any]]:
    """Yield the entry of `zoo predict --json` per example; lists have one entry per head."""
    heads = _entries("records", predictions, tasks)
    for name, *records in zip(names, *heads, strict=True):
        keys = dict.fromkeys(key for record in records for key in record)
        yield {"file": name, **{key: [record.get(key) for record in records] for key in keys}}


def csv_rows(predictions: Predictions, tasks: Sequence[Task]) -> Iterator[list[str]]:
    """Yield the cells of each example under the columns of `csv_columns`."""
    for cells in zip(*_entries("rows", predictions, tasks), strict=True):
        yield [cell for of_head in cells for cell in of_head]


def _entries(method: str, predictions: Predictions, tasks: Sequence[Task]) -> list[list[Any]]:
    """Return what a method of each head's task yields, one entry per example."""
    pairs = zip(tasks, predictions.heads, strict=True)
    return [entries_of(task, method, head, len(predictions)) for task, head in pairs]


def csv_columns(tasks: Sequence[Task]) -> list[str]:
    """Return the names of the columns of `csv_rows`; of several heads, with the target's name."""
    if len(tasks) == 1:
        return tasks[0].columns("")
    names = [task.target.name for task in tasks]
    if not all(names) or len({*names}) < len(names):
        names = [str(number) for number in range(1, 1 + len(tasks))]
    pairs = zip(tasks, names, strict=True)
    return [column for task, name in pairs for column in task.columns(f"_{name}")]


def csv_line(row: Iterable[str]) -> str:
    """Return a row as a line of CSV, without a line break."""
    import csv  # for --csv alone; csv.writer, because file names may contain commas and quotes

    line = io.StringIO()
    # With both characters of a line break, because it quotes only those of its own.
    csv.writer(line, lineterminator="\r\n").writerow(row)
    return line.getvalue().removesuffix("\r\n")
