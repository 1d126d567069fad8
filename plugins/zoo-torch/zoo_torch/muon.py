"""Muon: momentum whose singular values are all made 1, so that no direction is neglected.

Jordan et al. (2024), https://kellerjordan.github.io/posts/muon; scaled as by Liu et al. (2025,
arXiv:2502.16982), so that a learning rate and a weight decay mean what they mean for AdamW.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from zoo_core import Recipe

MOMENTUM = 0.95
STEPS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the polynomial that takes singular values from 0 … 1 to about 1 in so many steps."""


class Muon:
    """Moves weights of two axes or more; each is taken as a matrix, outputs by all inputs."""

    def __init__(self, parameters: Sequence[nn.Parameter], recipe: Recipe) -> None:
        self._parameters = parameters
        self.momenta = [torch.zeros_like(parameter) for parameter in parameters]
        self._weight_decay = recipe.weight_decay

    @torch.no_grad()
    def step(self, lr: float) -> None:
        for parameter, momentum in zip(self._parameters, self.momenta, strict=True):
            if parameter.grad is None:
                continue
            momentum.lerp_(parameter.grad, 1 - MOMENTUM)
            ahead = parameter.grad.lerp(momentum, MOMENTUM)  # Nesterov's
            matrix = ahead.reshape(len(ahead), -1)
            size = 0.2 * max(matrix.shape) ** 0.5
            parameter.mul_(1 - lr * self._weight_decay)
            parameter.add_(orthogonalize(matrix).mul_(size).view_as(parameter), alpha=-lr)
            parameter.grad = None


def orthogonalize(matrix: Tensor) -> Tensor:
    """Return a matrix ``(R, C)`` with its singular values brought near 1 (Newton and Schulz).

    Every step multiplies from the left by a polynomial of the Gram matrix, so that it is enough to
    follow that small square, and to multiply the matrix once, by the product of all factors.
    """
    wide = matrix if len(matrix) <= matrix.shape[1] else matrix.T  # the smaller square is quicker
    wide = wide / (wide.norm() + 1e-7)
    a, b, c = COEFFICIENTS
    gram = wide @ wide.T
    factors = torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    for _ in range(STEPS):
        factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        factor.diagonal().add_(a)
        factors = factor @ factors
        gram = factor @ gram @ factor
    result: Tensor = factors @ wide
    return result if len(matrix) <= matrix.shape[1] else result.T
