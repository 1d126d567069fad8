"""Mistakes of a model: wrong predictions for scored examples, or those with the worst scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Predictions, Task
from zoo_core.plugin_api import IGNORED_PIXEL, measure
from zoo_demo.drawing import pixels_json

MOST = 200
"""Maximum number of examples, for a task whose predictions are neither right nor wrong."""


class Ranking:
    """The ranking of scored examples, which are added batch by batch.

    Args:
        tasks: task of each head.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks
        self._judging = [head for head, task in enumerate(tasks) if task.correct]
        self._numbers: list[NDArray[Any]] = []
        self._wrong: list[NDArray[np.bool_]] = []

    @property
    def measure(self) -> str:
        """Name of the measure of the worst examples; empty for wrong ones and their confidence."""
        return "" if self._judging else self._tasks[0].measures[0].name

    def add(self, predictions: Predictions, targets: Sequence[NDArray[Any]]) -> None:
        """Add the predictions of the next examples, and their targets per head."""
        measured = measure(self._tasks, predictions.outputs, targets)
        if self._judging:
            columns = [measured[i].columns[self._tasks[i].correct] for i in self._judging]
            assert predictions.confidence is not None
            self._wrong.append((np.stack(columns) == 0).any(axis=0))
            self._numbers.append(predictions.confidence)
        else:
            self._numbers.append(measured[0].columns[self.measure])

    def mistakes(self) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Return the rows of the mistakes, and their confidence or measure.

        The most confident wrong prediction, or the worst measure, comes first.
        """
        numbers = np.concatenate(self._numbers)
        if self._judging:
            rows, first = np.flatnonzero(np.concatenate(self._wrong)), -numbers
        else:
            higher_is_better = self._tasks[0].measures[0].higher_is_better
            rows, first = np.arange(len(numbers)), numbers if higher_is_better else -numbers
        # Stable, so that equal numbers keep the order of the data set on every machine.
        rows = rows[np.argsort(first[rows], kind="stable")]
        rows = rows if self._judging else rows[:MOST]
        return rows, numbers[rows]


@dataclass(frozen=True)
class Mistakes:
    """Mistakes, the worst first.

    Attributes:
        tasks: task of each head.
        rows: int64 ``(M,)``, rows of the scored examples.
        numbers: confidence or measure of each, ``(M,)``.
        targets: targets per head, ``(M, …)``.
        predictions: predictions of these examples.
    """

    tasks: tuple[Task, ...]
    rows: NDArray[np.int64]
    numbers: NDArray[Any]
    targets: tuple[NDArray[Any], ...]
    predictions: Predictions | None

    def texts(self, shown: slice) -> list[dict[str, Any]]:
        """Return true and predicted values of some mistakes, as text per head, and masks."""
        if self.predictions is None:
            return []
        items: list[dict[str, Any]] = [{"true": [], "read": []} for _ in self.rows[shown]]
        heads = zip(self.tasks, self.targets, self.predictions.heads, strict=True)
        for task, targets, prediction in heads:
            answers = task.answers(prediction)
            known = [*task.texts(prediction)] if answers is None else []
            read = known[shown] if answers is None else [*task.target_texts(answers[shown])]
            for item, true, predicted in zip(
                items, task.target_texts(targets[shown]), read, strict=True
            ):
                item["true"].append(true)
                item["read"].append(predicted)
            if task.target.task == "segmentation":
                pairs = zip(items, targets[shown], prediction.masks[shown], strict=True)
                for item, wanted, mask in pairs:
                    # Pixels without a class are shown as predicted, because no score counts them.
                    true = np.where(wanted == IGNORED_PIXEL, mask, wanted).astype(np.uint8)
                    item["masks"] = [pixels_json(each[np.newaxis]) for each in (true, mask)]
        return items
