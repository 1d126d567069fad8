"""Layers of a neural network, each with a forward and a backward pass.

The backward pass is the chain rule: given the gradient of the loss with respect to the outputs of
the last `Layer.forward`, `Layer.parameter_gradients` computes the gradients with respect to the
parameters, and `Layer.input_gradient` the gradient with respect to the inputs.
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
    """Trainable numbers, and the gradient of the loss with respect to them."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.value: Array = np.zeros(shape, dtype)
        # Allocated once and overwritten in each step, because allocating costs time.
        self.gradient: Array = np.zeros(shape, dtype)


class Layer(ABC):
    """A function from inputs ``(N, inputs)`` to outputs ``(N, outputs)``."""

    parameters: dict[str, Parameter]

    def __init__(self) -> None:
        self.parameters = {}

    @abstractmethod
    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        """Return the outputs for inputs `x`; the seed, None for prediction, is for dropout."""

    @abstractmethod
    def input_gradient(self, gradient: Array) -> Array:
        """Return dL/dx ``(N, inputs)``, given dL/dy ``(N, outputs)``."""

    # Separate from input_gradient, because the first layer of a net needs no input gradient.
    def parameter_gradients(self, gradient: Array) -> None:  # noqa: B027 (most layers have none)
        """Store dL/dparameter in each parameter, given dL/dy ``(N, outputs)``."""


@final
class Dense(Layer):
    """A fully connected layer: ``y = x · weightᵀ + bias``."""

    def __init__(
        self, inputs: int, outputs: int, *, bias: bool = True, dtype: Any = np.float32
    ) -> None:
        super().__init__()
        # (outputs, inputs), as in torch.nn.Linear: BLAS computes products of these shapes on all
        # its threads.
        self.parameters["weight"] = Parameter((outputs, inputs), np.dtype(dtype))
        if bias:
            self.parameters["bias"] = Parameter((outputs,), np.dtype(dtype))

    def initialize(self, *seed: int) -> None:
        """Draw all parameters uniformly from [-1/√inputs, 1/√inputs), as torch.nn.Linear does."""
        # The standard deviation of a sum of `inputs` terms grows with √inputs; because of the
        # division, that of the outputs does not depend on the number of inputs.
        largest = 1 / np.sqrt(self.parameters["weight"].value.shape[1])
        for number, parameter in enumerate(self.parameters.values()):
            # The number makes weight and bias independent. Without a seed, values differ on every
            # call.
            drawn = uniform(parameter.value.shape, *((*seed, number) if seed else ()))
            parameter.value[:] = largest * (2 * drawn - 1)

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        self._x = x
        outputs: Array = x @ self.parameters["weight"].value.T  # (N, inputs) · (inputs, outputs)
        if "bias" in self.parameters:
            outputs += self.parameters["bias"].value
        return outputs

    def parameter_gradients(self, gradient: Array) -> None:
        # dL/dW = gᵀ · x: (outputs, N) · (N, inputs). The product sums over the batch.
        np.matmul(gradient.T, self._x, out=self.parameters["weight"].gradient)
        if "bias" in self.parameters:
            # dL/db = Σₙ gₙ, because the bias is added to each row.
            gradient.sum(axis=0, out=self.parameters["bias"].gradient)

    def input_gradient(self, gradient: Array) -> Array:
        # dL/dx = g · W: (N, outputs) · (outputs, inputs).
        result: Array = gradient @ self.parameters["weight"].value
        return result


@final
class ReLU(Layer):
    """``y = x`` if ``x > 0``, else ``slope · x``; a slope above 0 makes it a leaky ReLU."""

    def __init__(self, slope: float = 0.0) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        self._positive = x > 0
        return np.maximum(x, 0) if not self.slope else np.where(self._positive, x, self.slope * x)

    def input_gradient(self, gradient: Array) -> Array:
        # dy/dx = 1 if x > 0, else slope. At x = 0 there is no derivative; torch takes slope too.
        if not self.slope:
            return gradient * self._positive
        return np.where(self._positive, gradient, self.slope * gradient)


@final
class Tanh(Layer):
    """The hyperbolic tangent."""

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        self._y: Array = np.tanh(x)
        return self._y

    def input_gradient(self, gradient: Array) -> Array:
        return gradient * (1 - self._y**2)  # dy/dx = 1 - tanh²(x)


@final
class Sigmoid(Layer):
    """The logistic function: ``y = 1 / (1 + exp(-x))``."""

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        # Equal to 1 / (1 + exp(-x)), whose exp overflows in float32 for x below -88.
        self._y: Array = (1 + np.tanh(x / 2)) / 2
        return self._y

    def input_gradient(self, gradient: Array) -> Array:
        return gradient * self._y * (1 - self._y)  # dy/dx = y · (1 - y)


@final
class Dropout(Layer):
    """Set a random share of the units to 0 in training (Srivastava et al. 2014)."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> Array:
        if seed is None:
            self._factors: Array = np.ones((), x.dtype)
        else:
            kept = uniform(x.shape, *seed) >= self._share
            # "Inverted" dropout: scaling by 1/(1 - share) here keeps the mean of each unit, so
            # that prediction needs no scaling.
            self._factors = kept.astype(x.dtype) / x.dtype.type(1 - self._share)
        return x * self._factors

    def input_gradient(self, gradient: Array) -> Array:
        return gradient * self._factors  # the mask of the forward pass
