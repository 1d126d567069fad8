"""Sharpness-aware minimization (SAM): gradients of the worst weights nearby.

Foret et al. (2021), https://arxiv.org/abs/2010.01412
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def perturbed(model: nn.Module, distance: float) -> Iterator[None]:
    """Move the weights by a distance along their gradient, for a second pass, and then back.

    Gradients are cleared on entry. Buffers, such as the running statistics of batch normalization,
    have afterwards the values that they had before.
    """
    trained = [each for each in model.parameters() if each.grad is not None]
    gradients = [each.grad for each in trained if each.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
    scale = distance / (norm + 1e-12)  # because a gradient may be 0
    # The same memory without autograd, which refuses in-place updates of parameters.
    values = [each.detach() for each in trained] + [each.detach() for each in model.buffers()]
    before = [each.clone() for each in values]
    for parameter, gradient in zip(trained, gradients, strict=True):
        parameter.detach().add_(gradient.mul_(scale))
        parameter.grad = None
    yield
    # Copied instead of subtracted, because the rounding of a sum would remain.
    for value, original in zip(values, before, strict=True):
        value.copy_(original)
