"""Loss functions and their gradients.

Each returns the mean over the N examples, and its gradient with respect to the outputs.
`Recipe.class_weights` are numbers here, one per class, or nothing. Weighted losses are divided by
the number of examples as well, and not by the sum of their weights.
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
    """Return the loss of classification: outputs ``(N, K)``, targets ``(N,)``.

    The weight of an example is that of its class.
    """
    weights = _class_weights(recipe, outputs)[targets] if recipe.class_weights else None
    return softmax_cross_entropy(outputs, targets, recipe.label_smoothing, weights)


def focal(outputs: Array, targets: NDArray[np.int64], recipe: Recipe) -> tuple[float, Array]:
    """Return the focal loss of classification: outputs ``(N, K)``, targets ``(N,)``.

    It is ``-(1 - p)**focal_gamma * log(p)`` for the probability p of the right class (Lin et al.
    2017), times the weight of that class.
    """
    losses, gradient = _softmax_terms(outputs, targets)
    losses, slopes = _focus(losses, recipe.focal_gamma)
    weights = _class_weights(recipe, outputs)[targets] if recipe.class_weights else 1
    return float((weights * losses).mean()), gradient * (weights * slopes / len(targets))[:, None]


def binary_cross_entropy(outputs: Array, targets: Array, recipe: Recipe) -> tuple[float, Array]:
    """Return the mean over the K labels of ``-log sigmoid``: outputs and targets ``(N, K)``.

    A label's weight is that of its presence; its absence has the weight 1.
    """
    smoothing = recipe.label_smoothing
    wanted = (1 - smoothing) * targets.astype(outputs.dtype) + smoothing / 2
    losses, sigmoid = _binary_terms(outputs, wanted)
    # dL/dz = sigmoid(z) - t, as for softmax and cross-entropy.
    gradient = sigmoid - wanted
    if recipe.class_weights:
        # More of -log sigmoid(z), which is log(1 + exp(-z)), and of its derivative.
        more = wanted * (_class_weights(recipe, outputs) - 1)
        losses = losses + more * np.logaddexp(0, -outputs)
        gradient = gradient + more * (sigmoid - 1)
    return float(losses.mean()), gradient / outputs.size


def binary_focal(outputs: Array, targets: Array, recipe: Recipe) -> tuple[float, Array]:
    """Return the focal loss of labels, the mean over K of them: outputs and targets ``(N, K)``.

    That of classification, for the probability of a label's presence or absence; the weight of an
    absence is 1.
    """
    wanted = targets.astype(outputs.dtype)
    losses, sigmoid = _binary_terms(outputs, wanted)
    losses, slopes = _focus(losses, recipe.focal_gamma)
    if recipe.class_weights:
        weights = np.where(wanted > 0, _class_weights(recipe, outputs), 1)
        losses, slopes = weights * losses, weights * slopes
    return float(losses.mean()), slopes * (sigmoid - wanted) / outputs.size


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
    logits: Array,
    labels: NDArray[np.int64],
    smoothing: float = 0.0,
    weights: Array | None = None,
) -> tuple[float, Array]:
    """Return the mean of ``-log softmax(logits)[label]``.

    Args:
        logits: array ``(N, K)`` for K classes.
        labels: array ``(N,)`` of classes.
        smoothing: share of each label that is spread over all classes (Szegedy et al. 2016).
        weights: weight of each example, ``(N,)``; None for 1.
    """
    losses, gradient = _softmax_terms(logits, labels, smoothing)
    gradient /= len(labels)
    if weights is not None:
        losses *= weights
        gradient *= weights[:, None]
    return float(losses.mean()), gradient


def _softmax_terms(
    logits: Array, labels: NDArray[np.int64], smoothing: float = 0.0
) -> tuple[Array, Array]:
    """Return the cross-entropy of each example, ``(N,)``, and its gradient, ``(N, K)``."""
    rows = np.arange(len(labels))
    # softmax(z) = softmax(z - c) for every c; with the maximum as c, exp cannot overflow.
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)
    # log(eᶻ / Σeᶻ) = z - log Σeᶻ: no logarithm of a probability that was rounded to 0.
    log_probabilities = shifted - np.log(sums)
    # The smoothed target is t = (1 - s) · onehot + s/K, so the loss -Σₖ tₖ log pₖ is a mixture of
    # the label's term and the mean over classes.
    losses = (smoothing - 1) * log_probabilities[rows, labels]
    if smoothing:
        losses -= smoothing * log_probabilities.mean(axis=1)

    # dL/dz = softmax(z) - t, the reason why softmax and cross-entropy are one function.
    gradient = exponentials / sums
    gradient[rows, labels] -= 1 - smoothing
    if smoothing:
        gradient -= smoothing / logits.shape[1]
    return losses, gradient


def _binary_terms(outputs: Array, wanted: Array) -> tuple[Array, Array]:
    """Return the cross-entropy of each label, and ``sigmoid(outputs)``."""
    powers = np.exp(-np.abs(outputs))  # which cannot overflow
    losses = np.maximum(outputs, 0) - outputs * wanted + np.log1p(powers)
    return losses, np.where(outputs > 0, 1, powers) / (1 + powers)


def _focus(losses: Array, gamma: float) -> tuple[Array, Array]:
    """Return the focal losses of cross-entropies ``-log(p)``, and their derivatives for these."""
    # Not 0, because a power of it with an exponent below 0 is infinite.
    missing = np.maximum(-np.expm1(-losses), np.finfo(losses.dtype).eps)  # 1 - p
    factors = missing**gamma
    return factors * losses, factors + gamma * missing ** (gamma - 1) * np.exp(-losses) * losses


def _class_weights(recipe: Recipe, outputs: Array) -> Array:
    """Return the weights of the classes, ``(K,)``, in the dtype of the outputs."""
    return np.array(recipe.class_weights, outputs.dtype)
