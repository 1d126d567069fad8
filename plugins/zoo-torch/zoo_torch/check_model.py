"""A small network, with which `zoo check` checks the trainer and others for PyTorch."""

from __future__ import annotations

from torch import Tensor, nn

from zoo_core import ModelConfig


class CheckModel(nn.Module):
    """A small network of a convolution, batch normalization, dropout and a linear layer per head.

    It has a layer of each kind that a trainer must treat in a way of its own: matrices, filters,
    buffers, and dropout, whose random numbers depend on the step.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels, height, width = config.input_shape
        features = 8 * -(-height // 2) * -(-width // 2)  # the stride halves, rounded up
        self.trunk = nn.Sequential(
            nn.Conv2d(channels, 8, 3, stride=2, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(features, 16),
            nn.ReLU(),
            nn.Dropout(0.1),
        )
        self.heads = nn.ModuleList(nn.Linear(16, outputs) for outputs in config.outputs)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return outputs ``(N, K)`` per head for images ``(N, C, H, W)``."""
        features = self.trunk(x)
        return [head(features) for head in self.heads]


def build(config: ModelConfig) -> CheckModel:
    return CheckModel(config)
