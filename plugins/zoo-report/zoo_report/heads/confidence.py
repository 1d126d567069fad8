"""Confidence of a model's predictions for scored examples: calibration, and accepted shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Comparison, Predictions, Task
from zoo_core.plugin_api import (
    Calibration,
    CalibrationCheck,
    CalibrationTest,
    all_correct,
    predictions_of,
)
from zoo_report.heads.results import compared_examples

BINS = 15
"""Number of bins of equal width, as of the calibration error."""


@dataclass(frozen=True)
class Bin:
    """A bin of confidences: its examples, their mean confidence, and the number of correct ones."""

    low: float
    high: float
    count: int
    confidence: float
    correct: int

    @property
    def accuracy(self) -> float:
        return self.correct / self.count


@dataclass(frozen=True)
class ConfidenceResults:
    """Confidence of the predictions for N examples.

    Attributes:
        confidence: probability that all heads are correct, ``(N,)``.
        correct: whether they are, ``(N,)``.
        calibration: temperatures and limit of the model; None for a model without.
        test: calibration error, and number of accepted predictions.
        noun: noun for several examples.
    """

    confidence: NDArray[np.float32]
    correct: NDArray[np.bool_]
    calibration: Calibration | None
    test: CalibrationTest
    noun: str

    def __len__(self) -> int:
        return len(self.confidence)

    @property
    def accepted(self) -> float:
        """Share of accepted predictions."""
        return self.test.accepted / len(self)

    @property
    def accepted_accuracy(self) -> float:
        """Share of correct ones among the accepted predictions; nan without any."""
        return self.test.accepted_correct / (self.test.accepted or np.nan)

    def bins(self) -> list[Bin]:
        """Return the bins that have examples, in the order of confidence."""
        numbers = np.minimum((self.confidence * BINS).astype(np.int64), BINS - 1)
        found = []
        for number in np.unique(numbers).tolist():
            inside = numbers == number
            found.append(
                Bin(
                    low=number / BINS,
                    high=(number + 1) / BINS,
                    count=int(inside.sum()),
                    confidence=float(self.confidence[inside].mean(dtype=np.float64)),
                    correct=int(self.correct[inside].sum()),
                )
            )
        return found

    def coverage(self, points: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return shares of the examples, the most confident ones, and the accuracy of each.

        Args:
            points: maximum number of shares, at equal distances up to all examples.
        """
        # Stable, so that equal confidences have the order of the data set on every machine.
        order = np.argsort(-self.confidence, kind="stable")
        counts = np.unique(np.linspace(1, len(self), min(points, len(self))).astype(np.int64))
        correct = np.cumsum(self.correct[order])[counts - 1]
        return counts / len(self), correct / counts


def confidence_of(
    tasks: Sequence[Task],
    outputs: Sequence[NDArray[Any]],
    targets: Sequence[NDArray[Any]],
    noun: str,
    *,
    calibration: Calibration | None,
    familiarity: NDArray[np.float64] | None = None,
    test: CalibrationTest | None = None,
) -> ConfidenceResults | None:
    """Return the confidence of predictions; None for tasks without confidences.

    Args:
        tasks: task of each head.
        outputs: outputs of the model per head, ``(N, …)``.
        targets: targets per head, ``(N, …)``.
        noun: noun for several examples.
        calibration: temperatures and limit of the model; None for a model without.
        familiarity: familiarity of the inputs, ``(N,)``; None if it is unknown.
        test: result for these examples; None to compute it.
    """
    used = calibration or Calibration((1.0,) * len(tasks), 0.0, examples=0)
    confidence = predictions_of(tasks, outputs, used).confidence
    if confidence is None:
        return None
    if test is None:
        check = CalibrationCheck(tasks, used)
        check.add(outputs, targets, familiarity)
        test = check.result()
    correct = all_correct(tasks, outputs, targets)
    return ConfidenceResults(confidence, correct, calibration, test, noun)


def calibrated_predictions(comparison: Comparison, member: int) -> Predictions:
    """Return the predictions of one of the compared models, with its temperatures."""
    # Once more, because a comparison has the outputs as they are.
    calibration = comparison.members[member].calibration
    return predictions_of(comparison.tasks, comparison.predictions[member].outputs, calibration)


def compared_confidence(comparison: Comparison, member: int) -> ConfidenceResults | None:
    """Return the confidence of one of the compared models."""
    model = comparison.members[member]
    inputs = comparison.scored.inputs
    return confidence_of(
        comparison.tasks,
        comparison.predictions[member].outputs,
        comparison.targets,
        compared_examples(comparison).noun,
        calibration=model.calibration,
        familiarity=model.familiarity(inputs[comparison.rows]),
    )
