"""Optimizers: how parameters move against their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, final

import numpy as np

from zoo_core import Recipe
from zoo_numpy.layers import Parameter


class Optimizer(Protocol):
    """Moves parameters against their gradients."""

    def step(self, lr: float) -> None:
        """Make one step with learning rate `lr`."""


@final
class Sgd:
    """Gradient descent, with momentum and Nesterov's where asked for (Sutskever et al. 2013)."""

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        self._parameters = parameters
        self._recipe = recipe
        self._velocities = [np.zeros_like(parameter.value) for parameter in parameters]

    def step(self, lr: float) -> None:
        recipe = self._recipe
        for parameter, velocity in zip(self._parameters, self._velocities, strict=True):
            gradient = parameter.gradient
            if recipe.weight_decay:
                gradient = gradient + recipe.weight_decay * parameter.value
            if recipe.momentum:
                velocity[:] = recipe.momentum * velocity + gradient
                gradient = gradient + recipe.momentum * velocity if recipe.nesterov else velocity
            parameter.value -= lr * gradient


@final
class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

    BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        self._parameters = parameters
        self._recipe = recipe
        self._means = [np.zeros_like(parameter.value) for parameter in parameters]
        self._squares = [np.zeros_like(parameter.value) for parameter in parameters]
        self._steps = 0

    def step(self, lr: float) -> None:
        self._steps += 1
        # Both averages start at 0; these make up for it.
        size = lr / (1 - self.BETA1**self._steps)
        root = (1 - self.BETA2**self._steps) ** 0.5
        moving = zip(self._parameters, self._means, self._squares, strict=True)
        for parameter, mean, square in moving:
            gradient = parameter.gradient
            mean[:] = self.BETA1 * mean + (1 - self.BETA1) * gradient
            square[:] = self.BETA2 * square + (1 - self.BETA2) * gradient**2
            parameter.value *= 1 - lr * self._recipe.weight_decay
            parameter.value -= size * mean / (np.sqrt(square) / root + self.EPSILON)


@final
class Average:
    """Parameters that follow those of another net: a moving average over the steps."""

    def __init__(self, averages: Sequence[Parameter], parameters: Sequence[Parameter]) -> None:
        self._pairs = list(zip(averages, parameters, strict=True))

    def update(self, decay: float) -> None:
        """Take in the parameters after a step."""
        for average, parameter in self._pairs:
            average.value += (1 - decay) * (parameter.value - average.value)


def make_optimizer(parameters: Sequence[Parameter], recipe: Recipe) -> Optimizer:
    """Return the recipe's optimizer."""
    optimizers: dict[str, type[Sgd | AdamW]] = {"sgd": Sgd, "adamw": AdamW}
    return optimizers[recipe.optimizer](parameters, recipe)
