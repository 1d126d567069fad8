"""Distances from a teacher's outputs: ``(outputs, teacher_outputs, recipe) -> Tensor``.

Each is a mean over N examples, like a loss. The distances of probabilities are those at the
recipe's temperature, times its square, so that their gradients have the size of the loss's at every
temperature (Hinton, Vinyals & Dean 2015, arXiv:1503.02531).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from zoo_core import Recipe


def softmax_divergence(outputs: Tensor, taught: Tensor, recipe: Recipe) -> Tensor:
    """Return the Kullback-Leibler divergence of the softmax over axis 1: ``(N, K, …)``.

    The mean over the examples and over any further axes, such as pixels.
    """
    temperature = recipe.teacher_temperature
    own, wanted = ((each / temperature).log_softmax(dim=1) for each in (outputs, taught))
    divergence = functional.kl_div(own, wanted, reduction="sum", log_target=True)
    return temperature**2 * divergence / (outputs.numel() // outputs.shape[1])


def sigmoid_cross_entropy(outputs: Tensor, taught: Tensor, recipe: Recipe) -> Tensor:
    """Return the mean cross-entropy of the sigmoids of K labels: ``(N, K)``."""
    temperature = recipe.teacher_temperature
    wanted = (taught / temperature).sigmoid()
    loss = functional.binary_cross_entropy_with_logits(outputs / temperature, wanted)
    return temperature**2 * loss


def squared_distance(outputs: Tensor, taught: Tensor, recipe: Recipe) -> Tensor:
    """Return half the squared distance of K values: ``(N, K)``."""
    return functional.mse_loss(outputs, taught, reduction="sum") / 2 / len(outputs)
