"""The U-Net (Ronneberger, Fischer & Brox 2015): an encoder and a decoder with skip connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from zoo_separator.config import SeparatorConfig


class UNet(nn.Module):
    """Levels of convolutions, each with half the rows and columns of the one before, and back.

    Which digit a pixel belongs to depends on the shapes of both digits, which the deepest level
    covers as a whole; where a stroke ends is known on the way down, and skipped to the way up. The
    first level has a position per patch of pixels, because convolutions over single pixels took
    most of the time and added nothing. The last layer sees the pixels themselves again, for the
    border between ink and paper.
    """

    # Shapes with the default config and images of two-digit-mnist:
    #   images                              (N, 1, 42, 28)
    #   patches of 2x2 pixels               (N, 32, 21, 14)
    #   level 1: convolutions               (N, 32, 21, 14), skipped
    #   level 2: max-pooling, convolutions  (N, 64, 11, 7)
    #   back in level 1: twice the rows and columns, the skipped features added, convolutions
    #                                       (N, 32, 21, 14)
    #   logits of each patch's pixels       (N, 4, 42, 28)
    #   image appended, pixel by pixel      (N, 5, 42, 28) -> (N, 4, 42, 28)

    def __init__(self, config: SeparatorConfig) -> None:
        super().__init__()
        features, classes = config.input_shape[0], config.outputs[0]
        first, *deeper = config.channels
        self.patch = config.patch
        self.patches = nn.Conv2d(features, first, self.patch, stride=self.patch, bias=False)
        steps = list(zip(config.channels, deeper, strict=False))
        self.down = nn.ModuleList(
            convolutions(*each, config.depth) for each in [(first, first), *steps]
        )
        self.narrow = nn.ModuleList(
            nn.Conv2d(below, channels, 1, bias=False) for channels, below in reversed(steps)
        )
        self.up = nn.ModuleList(
            convolutions(channels, channels, config.depth) for channels, _ in reversed(steps)
        )
        self.pixels = nn.ConvTranspose2d(first, classes, self.patch, stride=self.patch)
        self.head = nn.Conv2d(classes + features, classes, 1)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes, H, W)`` for images ``(N, C, H, W)`` of any size."""
        height, width = images.shape[2:]
        # Rows and columns up to whole patches; what is computed there is cut off below.
        x = self.patches(functional.pad(images, (0, -width % self.patch, 0, -height % self.patch)))
        skipped: list[Tensor] = []
        for level, block in enumerate(self.down):
            # `ceil_mode`, so that no row or column is lost where their number is odd.
            x = block(functional.max_pool2d(x, 2, ceil_mode=True) if level else x)
            skipped.append(x)
        for narrow, block, skip in zip(self.narrow, self.up, skipped[-2::-1], strict=True):
            larger = functional.interpolate(narrow(x), scale_factor=2.0)
            x = block(larger[:, :, : skip.shape[2], : skip.shape[3]] + skip)
        logits = self.pixels(x)[:, :, :height, :width]
        return [self.head(torch.cat([logits, images], dim=1))]


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
