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
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


class MLP(nn.Module):
    """Pixels, hidden layers, and a linear head for each label."""

    def __init__(self, config: MLPConfig) -> None:
        super().__init__()
        sizes = [math.prod(config.input_shape), *config.hidden]
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(sizes):
            # Batch normalization takes a bias off again.
            layers += [nn.Linear(inputs, outputs, bias=not config.batch_norm)]
            layers += [nn.BatchNorm1d(outputs)] if config.batch_norm else []
            layers += [ACTIVATIONS[config.activation]()]
            layers += [nn.Dropout(config.dropout)] if config.dropout else []
        self.trunk = nn.Sequential(*layers)
        self.heads = nn.ModuleList(nn.Linear(sizes[-1], classes) for classes in config.classes)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)``, one a head, for images ``(N, C, H, W)``."""
        features = self.trunk(x)
        return [head(features) for head in self.heads]


def build(config: MLPConfig) -> MLP:
    return MLP(config)
