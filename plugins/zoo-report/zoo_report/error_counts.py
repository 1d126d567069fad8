"""Mistakes, counted by class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def count_confusions(
    labels: NDArray[np.int64], read: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """Return int64 ``(classes, classes)``: how many images of class i, a row, are read as j.

    Args:
        labels: ``(N,)``, the true classes.
        read: ``(N,)``, what a model reads.
        classes: how many there are.
    """
    counts = np.bincount(labels * classes + read, minlength=classes * classes)
    return counts.astype(np.int64).reshape(classes, classes)


def mistake_shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each cell's share of its row, 0 on the diagonal and in rows without images."""
    shares: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.fill_diagonal(shares, 0.0)
    return shares
