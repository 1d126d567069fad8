"""The multi-layer perceptron."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from zoo_mlp.config import MLPConfig


ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,  # x · sigmoid(x), also called swish
    "tanh": nn.Tanh,
}


class MLP(nn.Module):
    """A multi-layer perceptron: inputs, hidden layers, and a linear head per target."""

    # Shapes with the default config and images of MNIST:
    #   images (N, 1, 28, 28) -> flatten (N, 784) -> hidden layer (N, 128) -> head (N, 10)

    def __init__(self, config: MLPConfig) -> None:
        super().__init__()
        sizes = [math.prod(config.input_shape), *config.hidden]
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(sizes):
            # No bias before batch normalization, which subtracts the mean and adds its own.
            layers += [nn.Linear(inputs, outputs, bias=not config.batch_norm)]
            layers += [nn.BatchNorm1d(outputs)] if config.batch_norm else []
            layers += [ACTIVATIONS[config.activation]()]
            layers += [nn.Dropout(config.dropout)] if config.dropout else []
        self.trunk = nn.Sequential(*layers)
        # No softmax after them: the loss of classes contains it, and numbers need none.
        self.heads = nn.ModuleList(nn.Linear(sizes[-1], outputs) for outputs in config.outputs)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return outputs ``(N, K)`` per head for inputs ``(N, *shape)``."""
        features = self.trunk(x)
        return [head(features) for head in self.heads]


def build(config: MLPConfig) -> MLP:
    return MLP(config)
