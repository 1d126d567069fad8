"""Losses: how far outputs are from what they should be, and the gradient of that.

Each returns the mean over the N samples, and its gradient with respect to the outputs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_numpy.layers import Array


def squared_error(outputs: Array, targets: Array) -> tuple[float, Array]:
    """Half the squared distance, whose gradient is ``outputs - targets``; both ``(N, K)``."""
    distances = outputs - targets
    return float((distances**2).sum() / 2 / len(outputs)), distances / len(outputs)


def softmax_cross_entropy(
    logits: Array, labels: NDArray[np.int64], smoothing: float = 0.0
) -> tuple[float, Array]:
    """``-log softmax(logits)[label]``.

    Args:
        logits: ``(N, classes)``.
        labels: ``(N,)``.
        smoothing: share of each label that is spread over all classes (Szegedy et al. 2016).
    """
    rows = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    sums = powers.sum(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(sums)
    of_labels = log_probabilities[rows, labels].mean()
    loss = (1 - smoothing) * of_labels + smoothing * log_probabilities.mean()

    gradient = powers / sums
    gradient[rows, labels] -= 1 - smoothing
    if smoothing:
        gradient -= smoothing / logits.shape[1]
    gradient /= len(labels)
    return -float(loss), gradient
