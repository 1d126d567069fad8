"""A wrapper that adapts a library's network to any image size and number of heads."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CHUNK_PIXELS = 1 << 16
"""Maximum number of pixels per forward pass in evaluation."""
# Because some networks need kilobytes per pixel, and prediction passes 1,000 images at a time.

MIN_CHUNK = 8
"""Minimum number of images per forward pass in evaluation."""


class ResizeAndSplitHeads(nn.Module):
    """A network with resized images as input, and its output split into heads.

    Args:
        network: network from images ``(N, C, height, width)`` to logits ``(N, sum(classes))``.
        size: height and width of the network's images.
        classes: number of classes of each head.
    """

    def __init__(self, network: nn.Module, size: tuple[int, int], classes: tuple[int, ...]) -> None:
        super().__init__()
        self.network = network
        self.size = size
        self.classes = classes

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)`` per head for images ``(N, C, H, W)``."""
        # No chunks in training, because batch normalization uses the statistics of the whole batch,
        # nor in an export, because the number of chunks depends on N.
        if self.training or torch.compiler.is_compiling():
            logits = self._logits(x)
        else:
            count = max(MIN_CHUNK, CHUNK_PIXELS // (self.size[0] * self.size[1]))
            logits = torch.cat([self._logits(chunk) for chunk in x.split(count)])
        return list(logits.split(self.classes, dim=1))

    def _logits(self, x: Tensor) -> Tensor:
        if x.shape[2:] != self.size:
            # Without antialias, bilinear interpolation would skip pixels of a reduced image.
            smaller = x.shape[2] > self.size[0] or x.shape[3] > self.size[1]
            x = functional.interpolate(x, self.size, mode="bilinear", antialias=smaller)
        logits: Tensor = self.network(x)
        return logits
