"""Normalized and warped images on the device."""

import torch
from torch import Tensor
from torch.nn import functional

from zoo_core import Normalization


class Prepare:
    """Bytes to what a model sees: ``(N, C, H, W)`` uint8 to normalized float32, channels last."""

    def __init__(self, normalization: Normalization, device: torch.device) -> None:
        mean = torch.tensor(normalization.mean, dtype=torch.float64)
        std = torch.tensor(normalization.std, dtype=torch.float64)
        self._scale = (1 / (255 * std)).float().view(-1, 1, 1).to(device)
        self._shift = (-mean / std).float().view(-1, 1, 1).to(device)

    def __call__(self, images: Tensor, warps: Tensor | None = None) -> Tensor:
        floats = images.to(torch.float32, memory_format=torch.channels_last)
        if warps is not None:
            floats = warp(floats, warps)
        return floats.mul_(self._scale).add_(self._shift)


def warp(images: Tensor, positions: Tensor) -> Tensor:
    """Return images ``(N, C, H, W)`` with each pixel taken from its position, black outside.

    Args:
        images: floats.
        positions: ``(N, 2, H, W)``, see `zoo_core.data.augmentation.Positions`.
    """
    height, width = images.shape[2:]
    half = torch.tensor([2 / width, 2 / height], device=images.device)
    grid = positions.permute(0, 2, 3, 1) * half  # from -1 to 1, as grid_sample wants them
    return functional.grid_sample(images, grid, align_corners=False)
