"""The model in torch: one hidden layer, and a linear layer per head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from zoo_ordinal.config import Config


class Grader(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        (features,) = config.input_shape
        self.trunk = nn.Sequential(nn.Linear(features, config.hidden), nn.ReLU())
        self.heads = nn.ModuleList(nn.Linear(config.hidden, k) for k in config.outputs)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return outputs ``(N, K)`` per head for features ``(N, F)``."""
        hidden = self.trunk(x)
        return [head(hidden) for head in self.heads]


def build(config: Config) -> Grader:
    return Grader(config)
