"""A teacher: a trained net, and the distances from its outputs with their gradients.

A distance is one of probabilities at the recipe's temperature, times its square (Hinton, Vinyals &
Dean 2015, arXiv:1503.02531), or of numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from zoo_core.plugin_api import Rescaling, Teacher, call_loss, head_outputs
from zoo_numpy.layers import Array

if TYPE_CHECKING:
    from zoo_core import Recipe


class NumpyTeacher:
    """A trained net that sees the inputs of the net in training.

    Args:
        teacher: the net, and how its inputs and outputs follow from those of the net in training.
        recipe: recipe with the teacher's share of the loss.
        weights: weight of each head's loss.
    """

    def __init__(self, teacher: Teacher, recipe: Recipe, weights: Sequence[float]) -> None:
        self._teacher, self._recipe, self._weights = teacher, recipe, weights

    def blend(
        self, gradients: Sequence[Array], outputs: Sequence[Array], inputs: Array
    ) -> list[Array]:
        """Return the gradients of all heads, mixed with those of the distances from the teacher.

        Args:
            gradients: gradients of the heads' losses, with their weights.
            outputs: outputs of the net in training.
            inputs: its normalized inputs.
        """
        net, share = self._teacher.model, self._recipe.teacher_share
        made = net.forward(_rescale(inputs, self._teacher.inputs))
        heads = zip(
            self._teacher.losses,
            outputs,
            map(_rescale, head_outputs(made, np.ndarray, net), self._teacher.outputs),
            self._weights,
            gradients,
            strict=True,
        )
        return [
            np.asarray(
                (1 - share) * own
                + share * weight * call_loss(distance, head, taught, self._recipe)[1],
                head.dtype,
            )
            for distance, head, taught, weight, own in heads
        ]


def _rescale(values: Array, change: Rescaling | None) -> Array:
    """Return values ``(N, K, …)`` times K factors, plus K shifts, in their dtype."""
    if change is None:
        return values
    factor, shift = (
        np.array(each, values.dtype).reshape(-1, *(1,) * (values.ndim - 2)) for each in change
    )
    return values * factor + shift


def softmax_divergence(outputs: Array, taught: Array, recipe: Recipe) -> tuple[float, Array]:
    """Return the Kullback-Leibler divergence of the softmax, a mean over outputs ``(N, K)``."""
    temperature = recipe.teacher_temperature
    own, wanted = (_log_softmax(each / temperature) for each in (outputs, taught))
    probabilities = np.exp(wanted)
    mean = float((probabilities * (wanted - own)).sum() / len(outputs))
    # One factor of the temperature is that of the derivative of z / T.
    return temperature**2 * mean, temperature * (np.exp(own) - probabilities) / len(outputs)


def sigmoid_cross_entropy(outputs: Array, taught: Array, recipe: Recipe) -> tuple[float, Array]:
    """Return the mean cross-entropy of the sigmoids of K labels: ``(N, K)``."""
    temperature = recipe.teacher_temperature
    z, wanted = outputs / temperature, _sigmoid(taught / temperature)
    losses = np.maximum(z, 0) - z * wanted + np.log1p(np.exp(-np.abs(z)))
    gradient = temperature * (_sigmoid(z) - wanted) / outputs.size
    return temperature**2 * float(losses.mean()), gradient


def squared_distance(outputs: Array, taught: Array, recipe: Recipe) -> tuple[float, Array]:
    """Return half the squared distance of K values: ``(N, K)``."""
    distances = outputs - taught
    return float((distances**2).sum() / 2 / len(outputs)), distances / len(outputs)


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_probabilities


def _sigmoid(logits: Array) -> Array:
    powers = np.exp(-np.abs(logits))  # which cannot overflow
    probabilities: Array = np.where(logits > 0, 1, powers) / (1 + powers)
    return probabilities
