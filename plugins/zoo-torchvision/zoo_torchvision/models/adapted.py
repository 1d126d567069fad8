"""A network that was made for other images, as zoo's trainer wants one."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

PIXELS, LEAST = 1 << 16, 8
"""Pixels that are read at once where nothing is learned, and images at the least: some networks
need several kilobytes for a pixel."""


class Adapted(nn.Module):
    """A network with images enlarged before it, and its outputs divided into heads after it.

    Args:
        network: from images ``(N, C, height, width)`` to ``(N, sum(classes))``.
        size: height and width of the images that it reads.
        classes: of each head.
    """

    def __init__(self, network: nn.Module, size: tuple[int, int], classes: tuple[int, ...]) -> None:
        super().__init__()
        self.network = network
        self.size = size
        self.classes = classes

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)``, one a head, for images ``(N, C, H, W)``."""
        if self.training or torch.compiler.is_compiling():
            logits = self._read(x)
        else:
            count = max(LEAST, PIXELS // (self.size[0] * self.size[1]))
            logits = torch.cat([self._read(piece) for piece in x.split(count)])
        return list(logits.split(self.classes, dim=1))

    def _read(self, x: Tensor) -> Tensor:
        if x.shape[2:] != self.size:
            smaller = x.shape[2] > self.size[0] or x.shape[3] > self.size[1]
            x = functional.interpolate(x, self.size, mode="bilinear", antialias=smaller)
        if self.training and len(x) == 1:
            # Batch normalization refuses a single value, which is what small maps come to.
            return self._read(x.repeat(2, 1, 1, 1))[:1]
        logits: Tensor = self.network(x)
        return logits
