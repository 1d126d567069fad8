"""Optimizers: how parameters move against their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, final

import numpy as np

from zoo_core import Recipe
from zoo_numpy.layers import Array, Parameter


class Optimizer(Protocol):
    """Moves parameters against their gradients."""

    state: dict[str, Array]
    """What it remembers from step to step, by name."""

    def step(self, lr: float) -> None:
        """Make one step with learning rate `lr`."""


@final
class Sgd:
    """Gradient descent, with momentum and Nesterov's where asked for (Sutskever et al. 2013)."""

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        self._parameters = parameters
        self._recipe = recipe
        self._velocities = [np.zeros_like(parameter.value) for parameter in parameters]
        self.state = _prefix_names("velocity", self._velocities)

    def step(self, lr: float) -> None:
        recipe = self._recipe
        for parameter, velocity in zip(self._parameters, self._velocities, strict=True):
            gradient = parameter.gradient  # in place where it can be: new arrays take longer
            if recipe.weight_decay:
                gradient += recipe.weight_decay * parameter.value
            if recipe.momentum:
                np.multiply(velocity, recipe.momentum, out=velocity)
                np.add(velocity, gradient, out=velocity)
                if recipe.nesterov:
                    gradient += recipe.momentum * velocity
                else:
                    gradient[:] = velocity
            gradient *= lr
            parameter.value -= gradient


@final
class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

    BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        self._parameters = parameters
        self._recipe = recipe
        self._means = [np.zeros_like(parameter.value) for parameter in parameters]
        self._squares = [np.zeros_like(parameter.value) for parameter in parameters]
        self._steps: Array = np.zeros(())
        self.state = _prefix_names("mean", self._means) | _prefix_names("square", self._squares)
        self.state["steps"] = self._steps

    def step(self, lr: float) -> None:
        self._steps += 1
        # Both averages start at 0; these make up for it.
        size = lr / (1 - self.BETA1 ** float(self._steps))
        root = (1 - self.BETA2 ** float(self._steps)) ** 0.5
        moving = zip(self._parameters, self._means, self._squares, strict=True)
        for parameter, mean, square in moving:
            gradient = parameter.gradient
            mean[:] = self.BETA1 * mean + (1 - self.BETA1) * gradient
            square[:] = self.BETA2 * square + (1 - self.BETA2) * gradient**2
            parameter.value *= 1 - lr * self._recipe.weight_decay
            parameter.value -= size * mean / (np.sqrt(square) / root + self.EPSILON)


@final
class Muon:
    """Momentum whose singular values are all made 1, for matrices; AdamW for biases.

    Jordan et al. (2024), https://kellerjordan.github.io/posts/muon; scaled as by Liu et al. (2025,
    arXiv:2502.16982), so that a learning rate and a weight decay mean what they mean for AdamW.
    """

    MOMENTUM = 0.95

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        self._matrices = [parameter for parameter in parameters if parameter.value.ndim > 1]
        self._momenta = [np.zeros_like(parameter.value) for parameter in self._matrices]
        self._weight_decay = recipe.weight_decay
        self._adamw = AdamW([p for p in parameters if p.value.ndim < 2], recipe)
        self.state = _prefix_names("momentum", self._momenta) | self._adamw.state

    def step(self, lr: float) -> None:
        self._adamw.step(lr)
        for parameter, momentum in zip(self._matrices, self._momenta, strict=True):
            momentum[:] = self.MOMENTUM * momentum + (1 - self.MOMENTUM) * parameter.gradient
            ahead = self.MOMENTUM * momentum + (1 - self.MOMENTUM) * parameter.gradient
            size = 0.2 * max(ahead.shape) ** 0.5
            parameter.value *= 1 - lr * self._weight_decay
            parameter.value -= lr * size * orthogonalize(ahead)


def orthogonalize(matrix: Array) -> Array:
    """Return a matrix with its singular values brought near 1, by five Newton-Schulz steps."""
    wide = matrix if len(matrix) <= matrix.shape[1] else matrix.T  # the smaller square is quicker
    wide = wide / (np.linalg.norm(wide) + 1e-7)
    for _ in range(5):
        square = wide @ wide.T
        wide = 3.4445 * wide + (-4.7750 * square + 2.0315 * square @ square) @ wide
    return wide if len(matrix) <= matrix.shape[1] else wide.T


@final
class ParameterEMA:
    """Parameters that follow those of another net: a moving average over the steps."""

    def __init__(self, averages: Sequence[Parameter], parameters: Sequence[Parameter]) -> None:
        self._pairs = list(zip(averages, parameters, strict=True))

    def update(self, decay: float) -> None:
        """Take in the parameters after a step."""
        for average, parameter in self._pairs:
            average.value += (1 - decay) * (parameter.value - average.value)


def _prefix_names(what: str, arrays: Sequence[Array]) -> dict[str, Array]:
    return {f"{what}.{number}": array for number, array in enumerate(arrays)}


def make_optimizer(parameters: Sequence[Parameter], recipe: Recipe) -> Optimizer:
    """Return the recipe's optimizer."""
    optimizers: dict[str, type[Sgd | AdamW | Muon]] = {"sgd": Sgd, "adamw": AdamW, "muon": Muon}
    return optimizers[recipe.optimizer](parameters, recipe)
