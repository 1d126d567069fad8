"""The two-headed multi-layer perceptron."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from zoo_two_headed.config import TwoHeadedMLPConfig


class TwoHeadedMLP(nn.Module):
    """A multi-layer perceptron whose two linear heads, one per digit, share all hidden layers."""

    # Shapes with the default config and images of two digits:
    #   images (N, 1, 42, 28) -> flatten (N, 1176) -> hidden layers (N, 64), (N, 64)
    #   -> heads (N, 10) and (N, 10)

    def __init__(self, config: TwoHeadedMLPConfig) -> None:
        super().__init__()
        sizes = [math.prod(config.input_shape), *config.hidden]
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(sizes):
            # No bias before batch normalization, which subtracts the mean and adds its own.
            layers.append(nn.Linear(inputs, outputs, bias=not config.batch_norm))
            layers += [nn.BatchNorm1d(outputs)] if config.batch_norm else []
            layers.append(nn.ReLU())
            layers += [nn.Dropout(config.dropout)] if config.dropout else []
        self.trunk = nn.Sequential(*layers)
        self.heads = nn.ModuleList(nn.Linear(sizes[-1], outputs) for outputs in config.outputs)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)``, top digit and bottom digit, for ``(N, C, H, W)``."""
        features = self.trunk(x)
        return [head(features) for head in self.heads]


def build(config: TwoHeadedMLPConfig) -> TwoHeadedMLP:
    return TwoHeadedMLP(config)
