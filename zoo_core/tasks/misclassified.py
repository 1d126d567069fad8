"""Misclassified images, ranked by the confidence of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Misclassified:
    """The misclassified images, the most confident mistake first.

    Attributes:
        rows: int64 ``(M,)``, rows of the images.
        confidence: float32 ``(M,)``, probability of the wrong class, the highest of several heads.
        total: number of all images.
    """

    rows: NDArray[np.int64]
    confidence: NDArray[np.float32]
    total: int


def find_misclassified(
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    probabilities: Sequence[NDArray[np.float32]],
) -> Misclassified:
    """Return the images with a wrong prediction of any head.

    Args:
        labels: true classes ``(N, heads)``.
        predicted: predicted classes ``(N, heads)``.
        probabilities: probabilities ``(N, classes)``, one array per head.
    """
    wrong = predicted != labels  # (N, heads)
    rows = np.arange(len(predicted))
    chosen = [head[rows, predicted[:, i]] for i, head in enumerate(probabilities)]
    confidence = np.where(wrong, np.stack(chosen, axis=1), 0).max(axis=1)
    rows = np.flatnonzero(wrong.any(axis=1))
    # Stable, so that equal confidences keep the order of the data set on every machine.
    rows = rows[np.argsort(-confidence[rows], kind="stable")]
    return Misclassified(rows, confidence[rows], len(labels))
