"""The model in NumPy: one hidden layer, with the outputs of all heads side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import uniform

if TYPE_CHECKING:
    from zoo_ordinal.config import Config

Array = NDArray[Any]


class Parameter:
    def __init__(self, *shape: int) -> None:
        self.value = np.zeros(shape, np.float32)
        self.gradient = np.zeros(shape, np.float32)


class Grader:
    """``relu(x · first) · second``; the last row of each matrix has the biases."""

    def __init__(self, config: Config) -> None:
        (features,) = config.input_shape
        self.first = Parameter(features + 1, config.hidden)
        self.second = Parameter(config.hidden + 1, sum(config.outputs))
        self.ends = np.cumsum(config.outputs)[:-1]
        self.initialize(0)

    def initialize(self, seed: int) -> None:
        for number, (_, parameter) in enumerate(self.parameters()):
            drawn = uniform(parameter.value.shape, seed, number)
            parameter.value[:] = (2 * drawn - 1) / np.sqrt(len(parameter.value))

    def forward(self, x: Array, seed: tuple[int, ...] | None = None) -> list[Array]:
        ones = np.ones((len(x), 1), np.float32)
        self.x = np.concatenate([x, ones], axis=1)
        self.h = np.concatenate([np.maximum(self.x @ self.first.value, 0), ones], axis=1)
        return np.split(self.h @ self.second.value, self.ends, axis=1)

    def backward(self, gradients: list[Array]) -> None:
        gradient = np.concatenate(gradients, axis=1)
        self.second.gradient = self.h.T @ gradient
        hidden = (gradient @ self.second.value[:-1].T) * (self.h[:, :-1] > 0)
        self.first.gradient = self.x.T @ hidden

    def parameters(self) -> list[tuple[str, Parameter]]:
        return [("first", self.first), ("second", self.second)]


build = Grader
