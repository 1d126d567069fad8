"""Figures of each class: how much of it is found, and how much of what is found is of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassFigures:
    """How well one class is read.

    Attributes:
        count: number of its images.
        precision: share of the images read as it that are of it; nan where none is read as it.
        recall: share of its images that are read as it; nan where it has none.
        f1: harmonic mean of the two; nan where it has no image and none is read as it.
        taken_for: the class that its misread images are most often read as; None without any.
        taken: how many of them are.
    """

    count: int
    precision: float
    recall: float
    f1: float
    taken_for: int | None
    taken: int


def figures_by_class(counts: NDArray[np.int64]) -> list[ClassFigures]:
    """Return the figures of each class.

    Args:
        counts: ``(classes, classes)``, as `zoo_report.error_counts.count_confusions` gives it.
    """
    right, true, read = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    wrong = counts - np.diag(right)
    return [
        ClassFigures(
            count=int(true[i]),
            precision=_share(right[i], read[i]),
            recall=_share(right[i], true[i]),
            f1=_share(2 * right[i], true[i] + read[i]),
            taken_for=int(wrong[i].argmax()) if wrong[i].any() else None,
            taken=int(wrong[i].max()),
        )
        for i in range(len(counts))
    ]


def _share(part: np.int64, whole: np.int64) -> float:
    return float(part / whole) if whole else math.nan
