"""The number reader: convolutions, a vector per column, and CTC's outputs per time step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from zoo_core.plugin_api import InvalidValueError

if TYPE_CHECKING:
    from zoo_numbers.config import NumberReaderConfig


class NumberReader(nn.Module):
    """Blocks of convolutions and pooling, a vector of features per column, and linear outputs."""

    # Shapes with the default config and images of mnist-numbers:
    #   images                     (N, 1, 32, 320)
    #   5x5 convolution, stride 2  (N, 16, 16, 160)
    #   3x3 convolution, 2x2 pool  (N, 32, 16, 160) -> (N, 32, 8, 80)
    #   3x3 convolutions, 2x1 pool (N, 64, 8, 80) -> (N, 64, 4, 80)
    #   3x3 convolution            (N, 128, 4, 80)
    #   4x1 convolution            (N, 256, 1, 80)
    #   1x3 convolution            (N, 256, 1, 80)
    #   linear                     (N, 80, 11)

    def __init__(self, config: NumberReaderConfig) -> None:
        super().__init__()
        self.trunk = _trunk(config)
        rows, columns = _size_after(config)
        if not rows or not columns:
            raise InvalidValueError(
                f"an image of {config.input_shape[1:]} pixels is too small for "
                f"{len(config.channels)} blocks",
                hint="Choose fewer numbers for model.channels and model.depths.",
            )
        # All rows of a column at once: from here on a column is a vector.
        layers = _convolution(config.channels[-1], config.features, (rows, 1))
        if config.context:
            layers += _convolution(config.features, config.features, (1, config.context))
        self.columns = nn.Sequential(*layers, nn.Dropout(config.dropout))
        self.head = nn.Linear(config.features, config.outputs[0])

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return CTC's outputs ``(N, T, K + 1)`` for images ``(N, C, H, W)``; output 0 is blank."""
        columns = self.columns(self.trunk(x)).squeeze(2)  # (N, features, T)
        return [self.head(columns.transpose(1, 2))]


def _trunk(config: NumberReaderConfig) -> nn.Sequential:
    """Return the layers before the rows are joined."""
    features = config.input_shape[0]
    # With a stride, because a layer at the full resolution would take as long as all others.
    layers = _convolution(features, config.stem, (config.stem_kernel,) * 2, stride=2)
    features = config.stem
    for number, (channels, depth) in enumerate(zip(config.channels, config.depths, strict=True)):
        for _ in range(depth):
            layers += _convolution(features, channels, (3, 3))
            features = channels
        if pool := _pool(config, number):
            # Before normalization and ReLU, which then process fewer pixels. ReLU is monotonic.
            layers.insert(-2, nn.MaxPool2d(pool))
    return nn.Sequential(*layers)


def _pool(config: NumberReaderConfig, block: int) -> tuple[int, int] | None:
    """Return rows and columns of the pooling of a block, from 0; None after the last one."""
    if block == len(config.channels) - 1:
        return None
    return (2, 1) if block else (2, 2)


def _size_after(config: NumberReaderConfig) -> tuple[int, int]:
    """Return rows and columns after the trunk."""
    rows, columns = ((side + 1) // 2 for side in config.input_shape[1:])
    for block in range(len(config.channels)):
        if pool := _pool(config, block):
            rows, columns = rows // pool[0], columns // pool[1]
    return rows, columns


def _convolution(
    features: int, channels: int, kernel: tuple[int, int], stride: int = 1
) -> list[nn.Module]:
    """Return a convolution that keeps the number of columns, batch normalization and ReLU."""
    height, width = kernel
    # A kernel of one column spans all rows, so that it needs no padding.
    padding = (height // 2 if width > 1 else 0, width // 2)
    return [
        # No bias before batch normalization, which subtracts the mean and adds its own.
        nn.Conv2d(features, channels, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    ]


def build(config: NumberReaderConfig) -> NumberReader:
    return NumberReader(config)
