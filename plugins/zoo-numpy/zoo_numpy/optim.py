"""Optimizers: SGD, Adam, AdamW, RMSprop, Lion, Muon, and the moving average of the weights.

Notation: θ is a parameter, g its gradient, η the learning rate, λ the weight decay.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

import numpy as np

from zoo_core import Recipe
from zoo_numpy.layers import Array, Parameter


class Optimizer(ABC):
    """An update rule for parameters.

    Attributes:
        state: arrays that steps update in place, by name; every checkpoint contains them.
    """

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        self._parameters = parameters
        self._recipe = recipe
        self.state: dict[str, Array] = {}

    @abstractmethod
    def step(self, lr: float) -> None:
        """Update the parameters from their gradients, with learning rate `lr`."""

    def _decay(self, parameter: Parameter) -> float:
        """Return λ of a parameter: the recipe's, or 0 for a bias that it leaves out."""
        left_out = parameter.value.ndim < 2 and not self._recipe.decay_biases
        return 0.0 if left_out else self._recipe.weight_decay

    def _zeros(self, name: str) -> list[Array]:
        """Return an array of zeros per parameter, added to the state as ``name.0``, ``name.1``."""
        arrays = [np.zeros_like(parameter.value) for parameter in self._parameters]
        self.state |= {f"{name}.{number}": array for number, array in enumerate(arrays)}
        return arrays


@final
class Sgd(Optimizer):
    """Stochastic gradient descent, with momentum and Nesterov momentum (Sutskever et al. 2013)."""

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        super().__init__(parameters, recipe)
        self._velocities = self._zeros("velocity")

    def step(self, lr: float) -> None:
        recipe = self._recipe
        for parameter, velocity in zip(self._parameters, self._velocities, strict=True):
            # In place, because allocating takes longer; the next backward pass overwrites it.
            gradient = parameter.gradient
            if decay := self._decay(parameter):
                gradient += decay * parameter.value  # d(λ/2 · |θ|²)/dθ = λθ
            if recipe.momentum:
                # v ← μv + g
                np.multiply(velocity, recipe.momentum, out=velocity)
                np.add(velocity, gradient, out=velocity)
                if recipe.nesterov:
                    # g + μv instead of v: the velocity of the next step, in advance.
                    gradient += recipe.momentum * velocity
                else:
                    gradient[:] = velocity
            gradient *= lr
            parameter.value -= gradient


class Adam(Optimizer):
    """Steps of about the same length for all weights (Kingma & Ba 2015, arXiv:1412.6980)."""

    BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # the defaults of the paper and of torch

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        super().__init__(parameters, recipe)
        self._means, self._squares = self._zeros("mean"), self._zeros("square")
        # An array instead of an int, so that restoring the state restores it in place.
        self.state["steps"] = self._steps = np.zeros(())

    def step(self, lr: float) -> None:
        self._steps += 1
        # Both averages start at 0 and are too small by 1 - βᵗ after t steps (bias correction).
        size = lr / (1 - self.BETA1 ** float(self._steps))
        root = (1 - self.BETA2 ** float(self._steps)) ** 0.5
        for parameter, mean, square in zip(
            self._parameters, self._means, self._squares, strict=True
        ):
            gradient = parameter.gradient
            self._apply_decay(parameter, lr)
            mean[:] = self.BETA1 * mean + (1 - self.BETA1) * gradient
            square[:] = self.BETA2 * square + (1 - self.BETA2) * gradient**2
            # θ ← θ - η · m̂ / (√v̂ + ε)
            parameter.value -= size * mean / (np.sqrt(square) / root + self.EPSILON)

    def _apply_decay(self, parameter: Parameter, lr: float) -> None:
        parameter.gradient += self._decay(parameter) * parameter.value  # as in `Sgd`


@final
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

    def _apply_decay(self, parameter: Parameter, lr: float) -> None:
        # Decoupled: the decay is not divided by √square, unlike a gradient of |θ|² would be.
        parameter.value *= 1 - lr * self._decay(parameter)


@final
class RmsProp(Optimizer):
    """Gradients divided by their root mean square (Tieleman & Hinton 2012), with momentum."""

    ALPHA, EPSILON = 0.99, 1e-8  # the defaults of torch.optim.RMSprop

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        super().__init__(parameters, recipe)
        self._squares, self._velocities = self._zeros("square"), self._zeros("velocity")

    def step(self, lr: float) -> None:
        for parameter, square, velocity in zip(
            self._parameters, self._squares, self._velocities, strict=True
        ):
            gradient = parameter.gradient + self._decay(parameter) * parameter.value
            square[:] = self.ALPHA * square + (1 - self.ALPHA) * gradient**2
            # v ← μv + g / (√s + ε)
            change = gradient / (np.sqrt(square) + self.EPSILON)
            velocity[:] = self._recipe.momentum * velocity + change
            parameter.value -= lr * velocity


@final
class Lion(Optimizer):
    """Steps of the same length for all weights: signs (Chen et al. 2023, arXiv:2302.06675)."""

    BETA1, BETA2 = 0.9, 0.99

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        super().__init__(parameters, recipe)
        self._momenta = self._zeros("momentum")

    def step(self, lr: float) -> None:
        for parameter, momentum in zip(self._parameters, self._momenta, strict=True):
            gradient = parameter.gradient
            direction = np.sign(self.BETA1 * momentum + (1 - self.BETA1) * gradient)
            parameter.value *= 1 - lr * self._decay(parameter)
            parameter.value -= lr * direction
            momentum[:] = self.BETA2 * momentum + (1 - self.BETA2) * gradient


@final
class Muon(Optimizer):
    """Orthogonalized momentum for matrices, AdamW for biases.

    The step is the matrix nearest to the momentum among those whose singular values are all equal,
    so that it has the same length in all directions. See Jordan et al. (2024),
    https://kellerjordan.github.io/posts/muon.
    """

    MOMENTUM = 0.95

    def __init__(self, parameters: Sequence[Parameter], recipe: Recipe) -> None:
        # A bias is a vector: it has no singular values.
        super().__init__([p for p in parameters if p.value.ndim > 1], recipe)
        self._momenta = self._zeros("momentum")
        self._adamw = AdamW([p for p in parameters if p.value.ndim < 2], recipe)
        self.state |= self._adamw.state

    def step(self, lr: float) -> None:
        self._adamw.step(lr)
        for parameter, momentum in zip(self._parameters, self._momenta, strict=True):
            momentum[:] = self.MOMENTUM * momentum + (1 - self.MOMENTUM) * parameter.gradient
            # Nesterov momentum
            ahead = self.MOMENTUM * momentum + (1 - self.MOMENTUM) * parameter.gradient
            # Scaled to the usual size of AdamW's steps (Liu et al. 2025, arXiv:2502.16982), so
            # that learning rate and weight decay have the same meaning as for AdamW.
            size = 0.2 * max(ahead.shape) ** 0.5
            parameter.value *= 1 - lr * self._decay(parameter)
            parameter.value -= lr * size * orthogonalize(ahead)


def orthogonalize(matrix: Array) -> Array:
    """Return a matrix ``(R, C)`` with all singular values near 1 (Newton-Schulz iteration)."""
    # Transposed if it is tall, because the Gram matrix wide · wideᵀ is smaller then.
    wide = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    # Divided by its Frobenius norm, so that all singular values are at most 1, where the iteration
    # converges; 1e-7, because a gradient may be 0.
    wide = wide / (np.linalg.norm(wide) + 1e-7)
    # Each step maps every singular value s to 3.4445 s - 4.7750 s³ + 2.0315 s⁵. Jordan et al. chose
    # the coefficients for a steep slope at 0: five steps bring all but the smallest to 0.7 … 1.2.
    for _ in range(5):
        square = wide @ wide.T
        wide = 3.4445 * wide + (-4.7750 * square + 2.0315 * square @ square) @ wide
    return wide if len(matrix) <= matrix.shape[1] else wide.T


def clip_gradients(parameters: Sequence[Parameter], most: float) -> None:
    """Scale all gradients alike, so that their length together is at most `most` (L2 norm)."""
    length = sum(float(np.sum(parameter.gradient**2)) for parameter in parameters) ** 0.5
    if length > most:
        for parameter in parameters:
            parameter.gradient *= most / length


def update_average(
    averages: Sequence[Parameter], parameters: Sequence[Parameter], decay: float
) -> None:
    """Update an exponential moving average (EMA) of parameters after a step, in place."""
    for average, parameter in zip(averages, parameters, strict=True):
        # = decay · average + (1 - decay) · parameter
        average.value += (1 - decay) * (parameter.value - average.value)


OPTIMIZERS: dict[str, type[Sgd | Adam | RmsProp | Lion | Muon]] = {
    "sgd": Sgd,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RmsProp,
    "lion": Lion,
    "muon": Muon,
}


def make_optimizer(parameters: Sequence[Parameter], recipe: Recipe) -> Optimizer:
    """Return the optimizer that the recipe names."""
    return OPTIMIZERS[recipe.optimizer](parameters, recipe)
