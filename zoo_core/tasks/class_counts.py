"""Weights of classes by their numbers of examples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def inverse_weights(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return N / (K * count) of each class, for K classes with N examples together.

    Classes without examples are not among the K, and have the weight 1.
    """
    known = counts > 0
    weights = np.ones(len(counts))
    weights[known] = counts.sum() / (known.sum() * counts[known])
    return weights


def presence_weights(counts: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """Return how many times as many of the examples are without a label as have it.

    The weight of a label that none or all of the examples have is 1.
    """
    weights = np.ones(len(counts))
    mixed = (counts > 0) & (counts < total)
    weights[mixed] = (total - counts[mixed]) / counts[mixed]
    return weights
