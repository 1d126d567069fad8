"""The net: layers in a row, and outputs parted into heads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, final

import numpy as np

from zoo_numpy.layers import Array, Dense, Dropout, Layer, Parameter, ReLU, Sigmoid, Tanh

if TYPE_CHECKING:
    from zoo_numpy.config import NumpyNetConfig


@final
class Net:
    """Layers, each on the outputs of the one before it.

    Args:
        layers: the last one's outputs are those of all heads, side by side.
        heads: number of outputs of each head.
    """

    def __init__(self, layers: Sequence[Layer], heads: Sequence[int]) -> None:
        self.layers = layers
        self._ends = np.cumsum(heads)[:-1]

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> list[Array]:
        """Return the outputs ``(N, K)``, one array a head, for inputs ``(N, …)``.

        Args:
            x: the inputs; all axes but the first become one.
            seed: decides what is random in training; None where nothing is to be.
        """
        outputs = x.reshape(len(x), -1)
        for number, layer in enumerate(self.layers):
            outputs = layer.forward(outputs, None if seed is None else (*seed, number))
        return np.split(outputs, self._ends, axis=1)

    def backward(self, gradients: Sequence[Array]) -> None:
        """Set every parameter's gradient, given those of the outputs of the last `forward`."""
        gradient = np.concatenate(gradients, axis=1)
        for layer in reversed(self.layers[1:]):
            layer.parameter_gradients(gradient)
            gradient = layer.input_gradient(gradient)
        self.layers[0].parameter_gradients(gradient)  # whose inputs nobody learns

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield all parameters, each with a name such as ``0.weight``."""
        for number, layer in enumerate(self.layers):
            for name, parameter in layer.parameters.items():
                yield f"{number}.{name}", parameter

    def initialize(self, *seed: int) -> None:
        """Draw new parameters; without a seed, other ones every time."""
        for number, layer in enumerate(self.layers):
            if isinstance(layer, Dense):
                layer.initialize(*((*seed, number) if seed else ()))


def build(config: NumpyNetConfig) -> Net:
    """Return a net with random parameters: hidden layers, and one output a class of each head."""
    activations = {
        "relu": ReLU,
        "leaky_relu": lambda: ReLU(0.01),
        "tanh": Tanh,
        "sigmoid": Sigmoid,
    }
    sizes = [math.prod(config.input_shape), *config.hidden]
    layers: list[Layer] = []
    for inputs, outputs in pairwise(sizes):
        layers += [Dense(inputs, outputs), activations[config.activation]()]
        layers += [Dropout(config.dropout)] if config.dropout else []
    net = Net([*layers, Dense(sizes[-1], sum(config.classes))], config.classes)
    net.initialize()
    return net
