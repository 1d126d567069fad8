"""Check of a calibration: confidences of scored examples that come in chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.calibration import CalibrationTest, all_correct, summarize
from zoo_core.metrics.predictions import predictions_of
from zoo_core.metrics.task import Task
from zoo_core.pretrained.model import Pretrained


class CalibrationCheck:
    """The confidences of a model's predictions, and whether each is accepted and correct.

    Args:
        pretrained: the model.
        tasks: task of each head.
    """

    def __init__(self, pretrained: Pretrained, tasks: Sequence[Task]) -> None:
        self._pretrained, self._tasks = pretrained, tasks
        self._chunks: list[tuple[NDArray[Any], ...]] = []

    def add(
        self,
        inputs: NDArray[Any],
        outputs: Sequence[NDArray[Any]],
        targets: Sequence[NDArray[Any]],
    ) -> None:
        """Add a chunk of examples: ``(N, …)`` inputs, outputs per head and targets per head."""
        model = self._pretrained
        if model.calibration is None:
            return
        familiarity = model.familiarity(inputs)
        found = predictions_of(self._tasks, outputs, model.calibration, familiarity)
        assert found.confidence is not None
        correct = all_correct(self._tasks, outputs, targets)
        self._chunks.append((found.confidence, found.accepted, correct))

    def result(self) -> CalibrationTest | None:
        """Return the result for all examples; None for a model without a calibration."""
        if not self._chunks:
            return None
        return summarize(*(np.concatenate(column) for column in zip(*self._chunks, strict=True)))
