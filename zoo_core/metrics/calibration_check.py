"""Check of a calibration on scored examples, at once or in chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.calibration import Calibration, CalibrationTest, all_correct, summarize
from zoo_core.metrics.predictions import predictions_of
from zoo_core.metrics.task import Task


class CalibrationCheck:
    """The confidences of predictions, and whether each is accepted and correct.

    Args:
        tasks: task of each head, at least one of them with confidences.
        calibration: calibration of the model.
    """

    def __init__(self, tasks: Sequence[Task], calibration: Calibration) -> None:
        self._tasks, self._calibration = tasks, calibration
        self._chunks: list[tuple[NDArray[Any], ...]] = []

    def add(
        self,
        outputs: Sequence[NDArray[Any]],
        targets: Sequence[NDArray[Any]],
        familiarity: NDArray[np.float64] | None,
    ) -> None:
        """Add N examples.

        Args:
            outputs: outputs of the model per head, ``(N, …)``.
            targets: targets per head, ``(N, …)``.
            familiarity: familiarity of the inputs, ``(N,)``; None if it is unknown.
        """
        found = predictions_of(self._tasks, outputs, self._calibration, familiarity)
        assert found.confidence is not None
        correct = all_correct(self._tasks, outputs, targets)
        self._chunks.append((found.confidence, found.accepted, correct))

    def result(self) -> CalibrationTest:
        """Return the result for all examples, at least one."""
        return summarize(*(np.concatenate(column) for column in zip(*self._chunks, strict=True)))
