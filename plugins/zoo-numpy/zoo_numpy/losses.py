"""Loss functions and their gradients.

Each returns the mean over the N examples, and its gradient with respect to the outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zoo_numpy.layers import Array

if TYPE_CHECKING:
    from zoo_core import Recipe


def cross_entropy(
    outputs: Array, targets: NDArray[np.int64], recipe: Recipe
) -> tuple[float, Array]:
    """Return the loss of classification: outputs ``(N, K)``, targets ``(N,)``."""
    return softmax_cross_entropy(outputs, targets, recipe.label_smoothing)


def binary_cross_entropy(outputs: Array, targets: Array, recipe: Recipe) -> tuple[float, Array]:
    """Return the mean over the K labels of ``-log sigmoid``: outputs and targets ``(N, K)``."""
    smoothing = recipe.label_smoothing
    wanted = (1 - smoothing) * targets.astype(outputs.dtype) + smoothing / 2
    powers = np.exp(-np.abs(outputs))  # which cannot overflow
    losses = np.maximum(outputs, 0) - outputs * wanted + np.log1p(powers)
    # dL/dz = sigmoid(z) - t, as for softmax and cross-entropy.
    gradient = np.where(outputs > 0, 1, powers) / (1 + powers) - wanted
    return float(losses.mean()), gradient / outputs.size


def squared_error(
    outputs: Array, targets: Array, recipe: Recipe | None = None
) -> tuple[float, Array]:
    """Return half the squared distance of outputs ``(N, K)`` to targets ``(N, …)`` of K values."""
    # Same dtype and shape, because float64 targets would make a float32 net's gradients float64,
    # and (N, 1) minus (N,) is (N, N).
    distances = outputs - targets.reshape(outputs.shape).astype(outputs.dtype, copy=False)
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
