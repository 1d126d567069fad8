"""Checks of tasks: the predictions of random outputs, and those of an ensemble."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo_core.errors import PluginError, one_line
from zoo_core.metrics.task import Task
from zoo_core.metrics.task_contract import predict_head
from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.check import ContractError, expect, expect_equal
from zoo_core.testing.random_heads import COUNT, each_head, shape_text

TOLERANCE = 1e-4
"""Maximum difference of a measure of an ensemble of one model from the model's own."""
# Because combining outputs may take their softmax and its logarithm.


def describes_every_prediction(catalog: Catalog, name: str) -> None:
    """Check that answers, texts, records and rows have one entry per example."""
    for head, task, outputs, targets in each_head(catalog, name):
        try:
            prediction = predict_head(task, outputs)
        except PluginError as exc:
            raise ContractError(f"{exc.problem}{head}", hint=exc.hint) from exc
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
        f"{what}: expected one entry for each of {COUNT} examples, got {shape_text(values)}",
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


def states_confidences(catalog: Catalog, name: str) -> None:
    """Check that confidences are probabilities, and that a temperature changes no answer."""
    for head, task, outputs, targets in each_head(catalog, name):
        if not task.correct:
            continue
        columns = task.measure(outputs, targets).columns
        expect(
            task.correct in columns,
            f"measure{head}: expected a column {task.correct!r}, the task's `correct`, got "
            f"{[*columns]}",
        )
        values = np.unique(columns[task.correct].astype(np.float64))
        expect(
            set(values.tolist()) <= {0.0, 1.0},
            f"column {task.correct!r}{head}: expected 0 and 1, got {values[:5].tolist()}",
        )
        scaled = task.scale(outputs, 2.0)
        for each in (outputs, scaled):
            shares = task.confidences(each)
            _check_length(shares, f"confidences{head}")
            expect(
                shares.dtype == np.float32 and bool(((shares >= 0) & (shares <= 1)).all()),
                f"confidences{head}: expected float32 from 0 to 1, got {shares.dtype} from "
                f"{shares.min()} to {shares.max()}",
            )
        before, after = (task.answers(task.predict(each)) for each in (outputs, scaled))
        if before is not None and after is not None:
            expect_equal(after, before, f"an answer{head}", "at a temperature of 2")
