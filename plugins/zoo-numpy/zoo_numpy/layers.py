"""Layers: outputs from inputs, and gradients the other way.

A layer remembers what its last `forward` was given; `parameter_gradients` and `input_gradient` are
then told how the loss changes with the outputs, and say how it changes with parameters and inputs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import uniform

Array = NDArray[np.floating[Any]]


@final
class Parameter:
    """Numbers to be learned, and the gradient of the loss with respect to them."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.value: Array = np.zeros(shape, dtype)
        self.gradient: Array = np.zeros(shape, dtype)


class Layer(ABC):
    """A function of ``(N, inputs)`` that gives ``(N, outputs)``."""

    parameters: dict[str, Parameter]

    def __init__(self) -> None:
        self.parameters = {}

    @abstractmethod
    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        """Return the outputs for inputs `x`; a seed means training, and decides what is random."""

    @abstractmethod
    def input_gradient(self, gradient: Array) -> Array:
        """Return the gradient with respect to the inputs, given that of the outputs."""

    def parameter_gradients(self, gradient: Array) -> None:  # noqa: B027 (most layers have none)
        """Set the parameters' gradients, given that of the outputs."""


@final
class Dense(Layer):
    """``x · weightᵀ + bias``.

    Weights lie as ``(outputs, inputs)``: the products that training needs are then of shapes that
    BLAS computes on all its threads.
    """

    def __init__(
        self, inputs: int, outputs: int, *, bias: bool = True, dtype: Any = np.float32
    ) -> None:
        super().__init__()
        self.parameters["weight"] = Parameter((outputs, inputs), np.dtype(dtype))
        if bias:
            self.parameters["bias"] = Parameter((outputs,), np.dtype(dtype))

    def initialize(self, *seed: int) -> None:
        """Draw all parameters uniformly from ±1/√inputs (LeCun et al. 1998, Efficient BackProp)."""
        largest = 1 / np.sqrt(self.parameters["weight"].value.shape[1])
        for number, parameter in enumerate(self.parameters.values()):
            drawn = uniform(parameter.value.shape, *((*seed, number) if seed else ()))
            parameter.value[:] = largest * (2 * drawn - 1)

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        self._x = x
        outputs: Array = x @ self.parameters["weight"].value.T
        if "bias" in self.parameters:
            outputs += self.parameters["bias"].value
        return outputs

    def parameter_gradients(self, gradient: Array) -> None:
        np.matmul(gradient.T, self._x, out=self.parameters["weight"].gradient)
        if "bias" in self.parameters:
            gradient.sum(axis=0, out=self.parameters["bias"].gradient)

    def input_gradient(self, gradient: Array) -> Array:
        result: Array = gradient @ self.parameters["weight"].value
        return result


@final
class ReLU(Layer):
    """``x`` where it is above 0, else ``slope · x`` (a leaky one, with a slope above 0)."""

    def __init__(self, slope: float = 0.0) -> None:
        super().__init__()
        self._slope = slope

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        self._positive = x > 0
        return np.maximum(x, 0) if not self._slope else np.where(self._positive, x, self._slope * x)

    def input_gradient(self, gradient: Array) -> Array:
        if not self._slope:
            return gradient * self._positive
        return np.where(self._positive, gradient, self._slope * gradient)


@final
class Tanh(Layer):
    """The hyperbolic tangent."""

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        self._y: Array = np.tanh(x)
        return self._y

    def input_gradient(self, gradient: Array) -> Array:
        return gradient * (1 - self._y**2)


@final
class Sigmoid(Layer):
    """``1 / (1 + exp(-x))``."""

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        self._y: Array = (1 + np.tanh(x / 2)) / 2  # the same function, and never overflows
        return self._y

    def input_gradient(self, gradient: Array) -> Array:
        return gradient * self._y * (1 - self._y)


@final
class Dropout(Layer):
    """In training, sets a share of the units to 0 and scales the others up to make up for it."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        if seed is None:
            self._factors: Array = np.ones((), x.dtype)
        else:
            kept = uniform(x.shape, *seed) >= self._share
            self._factors = kept.astype(x.dtype) / x.dtype.type(1 - self._share)
        return x * self._factors

    def input_gradient(self, gradient: Array) -> Array:
        return gradient * self._factors
