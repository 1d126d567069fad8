"""The neural network: a sequence of layers, with the outputs split into heads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import TYPE_CHECKING, final

import numpy as np

from zoo_numpy.layers import Array, Dense, Dropout, Layer, Parameter, ReLU, Sigmoid, Tanh

if TYPE_CHECKING:
    from zoo_numpy.config import NumpyNetConfig

_draws = ContextVar("draws", default=True)


@contextmanager
def without_drawing() -> Iterator[None]:
    """Let new nets keep zeros as parameters, because the caller assigns others.

    Drawing half a million numbers takes longer than reading them from a file.
    """
    token = _draws.set(False)
    try:
        yield
    finally:
        _draws.reset(token)


@final
class Net:
    """A sequence of layers; the outputs of each are the inputs of the next.

    Args:
        layers: layers in order; the outputs of the last are those of all heads, side by side.
        heads: number of outputs per head.
        ones: whether weights begin as 1 and biases as 0, instead of random.
    """

    def __init__(
        self, layers: Sequence[Layer], heads: Sequence[int], *, ones: bool = False
    ) -> None:
        self.layers = layers
        self._ones = ones
        self._ends = np.cumsum(heads)[:-1]  # np.split needs the inner boundaries only

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> list[Array]:
        """Return the outputs ``(N, K)`` per head for inputs ``(N, …)``.

        Args:
            x: inputs; all axes but the first are flattened.
            seed: seed of dropout in training; None for prediction.
        """
        outputs = x.reshape(len(x), -1)  # such as (N, C, H, W) -> (N, C·H·W)
        for number, layer in enumerate(self.layers):
            # The number of the layer is a part of its seed, so that no two layers drop the same.
            outputs = layer.forward(outputs, None if seed is None else (*seed, number))
        return np.split(outputs, self._ends, axis=1)

    def backward(self, gradients: Sequence[Array]) -> None:
        """Set the gradient of every parameter, given dL/doutputs ``(N, K)`` per head."""
        gradient = np.concatenate(gradients, axis=1)  # the inverse of the split
        for layer in reversed(self.layers[1:]):
            layer.parameter_gradients(gradient)
            gradient = layer.input_gradient(gradient)
        # Inputs are not trained: their gradient would cost as much as the weights' of this layer.
        self.layers[0].parameter_gradients(gradient)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield all parameters, each with a name such as ``0.weight``."""
        for number, layer in enumerate(self.layers):
            for name, parameter in layer.parameters.items():
                yield f"{number}.{name}", parameter

    def initialize(self, *seed: int) -> None:
        """Draw new parameters; without a seed they differ in every call."""
        if not seed and not _draws.get():
            return
        if self._ones:
            for name, parameter in self.parameters():
                parameter.value[:] = name.endswith("weight")
            return
        for number, layer in enumerate(self.layers):
            if isinstance(layer, Dense):
                layer.initialize(*((*seed, number) if seed else ()))


def build(config: NumpyNetConfig) -> Net:
    """Return a net with random parameters: hidden layers, and the outputs of all heads."""
    activations = {
        "relu": ReLU,
        "leaky_relu": lambda: ReLU(0.01),  # the default slope of torch.nn.LeakyReLU
        "tanh": Tanh,
        "sigmoid": Sigmoid,
    }
    sizes = [math.prod(config.input_shape), *config.hidden]  # 784, 128 by default
    layers: list[Layer] = []
    for inputs, outputs in pairwise(sizes):
        layers += [Dense(inputs, outputs), activations[config.activation]()]
        layers += [Dropout(config.dropout)] if config.dropout else []
    # No softmax at the end: the loss of classes contains it, and numbers need none.
    net = Net([*layers, Dense(sizes[-1], sum(config.outputs))], config.outputs)
    net.initialize()
    return net
