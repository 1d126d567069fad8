"""Normalization and warping of images on the device."""

import torch
from torch import Tensor
from torch.nn import functional

from zoo_core import Normalization


class Prepare:
    """A function from uint8 images ``(N, C, H, W)`` to normalized float32, channels last."""

    def __init__(self, normalization: Normalization, device: torch.device) -> None:
        # (x/255 - mean)/std as one product and one sum per pixel; the factors are computed in
        # float64 and rounded once. Shape (C, 1, 1).
        mean = torch.tensor(normalization.mean, dtype=torch.float64)
        std = torch.tensor(normalization.std, dtype=torch.float64)
        self._scale = (1 / (255 * std)).float().view(-1, 1, 1).to(device)
        self._shift = (-mean / std).float().view(-1, 1, 1).to(device)

    def __call__(self, images: Tensor, warps: Tensor | None = None) -> Tensor:
        # Channels last, because convolutions on CPUs and on tensor cores are faster with it.
        floats = images.to(torch.float32, memory_format=torch.channels_last)
        if warps is not None:
            # Before normalization, because grid_sample fills with 0, which is black.
            floats = warp(floats, warps)
        return floats.mul_(self._scale).add_(self._shift)


def warp(images: Tensor, positions: Tensor) -> Tensor:
    """Return images ``(N, C, H, W)`` with each pixel sampled at its position, black outside.

    Args:
        images: float images.
        positions: tensor ``(N, 2, H, W)``, see `zoo_core.plugin_api.Positions`.
    """
    height, width = images.shape[2:]
    half = torch.tensor([2 / width, 2 / height], device=images.device)
    # (N, H, W, 2) from -1 to 1, the coordinates of grid_sample; without align_corners -1 and 1 are
    # the outer edges of the border pixels, so that a pixel is 2/width wide.
    grid = positions.permute(0, 2, 3, 1) * half
    return functional.grid_sample(images, grid, align_corners=False)
