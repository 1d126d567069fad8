"""Output of predictions: one line of text, JSON object or CSV row per example."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from zoo_core.cli.prediction.verdicts import Verdict
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.task import Task
from zoo_core.metrics.task_contract import entries_of

VERDICT_COLUMNS = ("accepted", "reason")
"""Columns after those of the predictions, for tasks that have confidences, and for images."""


def text_lines(
    names: Sequence[str],
    predictions: Predictions,
    tasks: Sequence[Task],
    verdicts: Sequence[Verdict],
    *,
    force: bool,
) -> Iterator[str]:
    """Yield ``NAME: 7 (98.1%), 9 (1.2%)`` per example; semicolons separate the heads.

    A refused prediction is replaced by the reason; with `force`, the reason follows it.
    """
    heads = _entries("texts", predictions, tasks)
    for name, verdict, *texts in zip(names, verdicts, *heads, strict=True):
        if not verdict.reason:
            yield f"{name}: {'; '.join(texts)}"
        elif force:
            yield f"{name}: {'; '.join(texts)}; refused without --force ({verdict.reason})"
        else:
            yield refused_line(name, verdict.reason)


def refused_line(name: str, reason: str) -> str:
    """Return ``NAME: refused (no writing found)``."""
    return f"{name}: refused ({reason})"


def json_records(
    names: Sequence[str],
    predictions: Predictions,
    tasks: Sequence[Task],
    verdicts: Sequence[Verdict],
    *,
    force: bool,
) -> Iterator[dict[str, Any]]:
    """Yield the entry of `zoo predict --json` per example; lists have one entry per head.

    A refused prediction is left out, except with `force`.
    """
    heads = _entries("records", predictions, tasks)
    for name, verdict, *records in zip(names, verdicts, *heads, strict=True):
        shown = records if force or not verdict.reason else []
        keys = dict.fromkeys(key for record in shown for key in record)
        yield {
            "file": name,
            **_verdict_record(verdict),
            **{key: [record.get(key) for record in shown] for key in keys},
        }


def refused_record(name: str, reason: str) -> dict[str, Any]:
    """Return the entry of a file in which there is nothing to predict."""
    return {"file": name, **_verdict_record(Verdict(reason))}


def _verdict_record(verdict: Verdict) -> dict[str, Any]:
    return {
        "accepted": not verdict.reason,
        **({"reason": verdict.reason} if verdict.reason else {}),
        **({} if verdict.confidence is None else {"confidence": verdict.confidence}),
        **({"boxes": [box._asdict() for box in verdict.boxes]} if verdict.boxes else {}),
    }


def csv_rows(
    predictions: Predictions, tasks: Sequence[Task], verdicts: Sequence[Verdict], *, force: bool
) -> Iterator[list[str]]:
    """Yield the cells of each example under the columns of `csv_columns`.

    Those of a refused prediction are empty, except with `force`.
    """
    for verdict, *cells in zip(verdicts, *_entries("rows", predictions, tasks), strict=True):
        flat = [cell for of_head in cells for cell in of_head]
        yield [""] * len(flat) if verdict.reason and not force else flat


def verdict_cells(reason: str) -> list[str]:
    """Return the cells under `VERDICT_COLUMNS`."""
    return [str(not reason).lower(), reason]


def _entries(method: str, predictions: Predictions, tasks: Sequence[Task]) -> list[list[Any]]:
    """Return what a method of each head's task yields, one entry per example."""
    pairs = zip(tasks, predictions.heads, strict=True)
    return [entries_of(task, method, head, len(predictions)) for task, head in pairs]


def csv_line(row: Iterable[str]) -> str:
    """Return a row as a line of CSV, without a line break."""
    import csv  # for --csv alone; csv.writer, because file names may contain commas and quotes

    line = io.StringIO()
    # With both characters of a line break, because it quotes only those of its own.
    csv.writer(line, lineterminator="\r\n").writerow(row)
    return line.getvalue().removesuffix("\r\n")
