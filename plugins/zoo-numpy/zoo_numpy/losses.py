"""Loss functions and their gradients.

Each returns the mean over the N examples, and its gradient with respect to the outputs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_numpy.layers import Array


def squared_error(outputs: Array, targets: Array) -> tuple[float, Array]:
    """Return half the squared distance of outputs ``(N, K)`` to targets ``(N, K)``."""
    distances = outputs - targets
    # The half cancels the 2 of the derivative: d(½ (y - t)²)/dy = y - t.
    return float((distances**2).sum() / 2 / len(outputs)), distances / len(outputs)


def softmax_cross_entropy(
    logits: Array, labels: NDArray[np.int64], smoothing: float = 0.0
) -> tuple[float, Array]:
    """Return the mean of ``-log softmax(logits)[label]``.

    Args:
        logits: array ``(N, K)`` for K classes.
        labels: array ``(N,)`` of classes.
        smoothing: share of each label that is spread over all classes (Szegedy et al. 2016).
    """
    rows = np.arange(len(labels))
    # softmax(z) = softmax(z - c) for every c; with the maximum as c, exp cannot overflow.
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)
    # log(eᶻ / Σeᶻ) = z - log Σeᶻ: no logarithm of a probability that was rounded to 0.
    log_probabilities = shifted - np.log(sums)
    # The smoothed target is t = (1 - s) · onehot + s/K, so the loss -Σₖ tₖ log pₖ is a mixture of
    # the label's term and the mean over classes.
    label_term = log_probabilities[rows, labels].mean()
    loss = (1 - smoothing) * label_term + smoothing * log_probabilities.mean()

    # dL/dz = (softmax(z) - t) / N, the reason why softmax and cross-entropy are one function.
    gradient = exponentials / sums
    gradient[rows, labels] -= 1 - smoothing
    if smoothing:
        gradient -= smoothing / logits.shape[1]
    gradient /= len(labels)
    return -float(loss), gradient
