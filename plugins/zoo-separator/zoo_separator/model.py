"""The U-Net (Ronneberger, Fischer & Brox 2015): an encoder and a decoder with skip connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from zoo_separator.config import SeparatorConfig


class UNet(nn.Module):
    """Levels of convolutions, each with half the rows and columns of the one before, and back.

    The digit of a pixel follows from the shapes of both digits, which the deeper levels
    cover as a whole; where a stroke ends is known on the way down, and added on the way up.
    """

    # Shapes with the default config and images of two-digit-mnist:
    #   images                              (N, 1, 42, 28)
    #   level 1: convolutions               (N, 16, 42, 28)
    #   level 2: max-pooling, convolutions  (N, 32, 21, 14)
    #   level 3: max-pooling, convolutions  (N, 64, 11, 7)
    #   level 2: twice the size, the features of the way down added, convolutions (N, 32, 21, 14)
    #   level 1: the same                   (N, 16, 42, 28)
    #   head                                (N, 4, 42, 28)

    def __init__(self, config: SeparatorConfig) -> None:
        super().__init__()
        first, *deeper = config.channels
        steps = list(zip(config.channels, deeper, strict=False))  # channels of a level, and below
        self.down = nn.ModuleList(
            convolutions(*each, config.depth) for each in [(config.input_shape[0], first), *steps]
        )
        # Features are added and not, as in the paper, appended, because that would take half as
        # many multiplications again.
        self.narrow = nn.ModuleList(
            nn.Conv2d(below, channels, 1, bias=False) for channels, below in reversed(steps)
        )
        self.up = nn.ModuleList(
            convolutions(channels, channels, config.depth) for channels, _ in reversed(steps)
        )
        self.head = nn.Conv2d(first, config.outputs[0], 1)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes, H, W)`` for images ``(N, C, H, W)`` of any size."""
        x, skipped = images, []
        for level, block in enumerate(self.down):
            # `ceil_mode`, so that the last row or column of an odd number is not lost.
            x = block(functional.max_pool2d(x, 2, ceil_mode=True) if level else x)
            skipped.append(x)
        for narrow, block, skip in zip(self.narrow, self.up, skipped[-2::-1], strict=True):
            larger = functional.interpolate(narrow(x), scale_factor=2.0)
            x = block(larger[:, :, : skip.shape[2], : skip.shape[3]] + skip)
        return [self.head(x)]


def convolutions(features: int, channels: int, depth: int) -> nn.Sequential:
    """Return 3×3 convolutions, each with batch normalization and ReLU, that keep the size."""
    layers: list[nn.Module] = []
    for number in range(depth):
        before = channels if number else features
        # No bias before batch normalization, which subtracts the mean and adds its own.
        layers += [nn.Conv2d(before, channels, 3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(*layers)


def build(config: SeparatorConfig) -> UNet:
    return UNet(config)
