"""Misclassified images, ranked by the confidence of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Misclassified:
    """The misread images, the most confidently misread first.

    Attributes:
        rows: int64 ``(M,)``, which images.
        confidence: float32 ``(M,)``, the probability of the class that was read wrongly; of
            several, the highest.
        total: number of images that were read.
    """

    rows: NDArray[np.int64]
    confidence: NDArray[np.float32]
    total: int


def find_misclassified(
    labels: NDArray[np.int64],
    read: NDArray[np.int64],
    probabilities: Sequence[NDArray[np.float32]],
) -> Misclassified:
    """Return the images of which any label is read wrongly.

    Args:
        labels: ``(N, heads)``, the true classes.
        read: ``(N, heads)``, what a model reads.
        probabilities: for each head ``(N, classes)``.
    """
    given = [head[np.arange(len(read)), read[:, i]] for i, head in enumerate(probabilities)]
    confidence = np.where(read != labels, np.stack(given, axis=1), 0).max(axis=1)
    rows = np.flatnonzero((read != labels).any(axis=1))
    rows = rows[np.argsort(-confidence[rows], kind="stable")]
    return Misclassified(rows, confidence[rows], len(labels))
