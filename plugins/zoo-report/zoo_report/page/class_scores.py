"""Precision, recall and F1 of each class, computed from a confusion matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def scores_by_class(counts: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return arrays ``(classes,)`` of scores by name, nan where a score is undefined.

    They are ``count``, the number of images; ``precision``, ``recall`` and ``f1``; ``taken_for``,
    the class most often predicted for misclassified images; and ``taken``, the number of those.

    Args:
        counts: ``(classes, classes)``, from `zoo_report.confusion.count_confusions`.
    """
    right, true, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    wrong = counts - np.diag(right)
    with np.errstate(invalid="ignore"):  # 0 / 0 is nan, which the page shows as a dash
        return {
            "count": true,
            "precision": right / predicted,
            "recall": right / true,
            # 2PR / (P + R) in counts, which is defined even if one of P and R is not.
            "f1": 2 * right / (true + predicted),
            "taken_for": wrong.argmax(axis=1),
            "taken": wrong.max(axis=1),
        }
