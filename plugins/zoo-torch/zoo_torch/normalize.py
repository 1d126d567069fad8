"""Normalization of inputs on the device, after warps and changes of colors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from zoo_core import Normalization
from zoo_core.plugin_api import Change
from zoo_torch.augment.colors import change_colors


class Prepare:
    """A function from inputs ``(N, *shape)`` to the tensors that a model receives.

    uint8 images become normalized float32, channels last; other floats are normalized in float32;
    integers, such as tokens, stay as they are.
    """

    def __init__(self, normalization: Normalization, device: torch.device) -> None:
        # (x/255 - mean)/std as one product and one sum per pixel; the factors are computed in
        # float64 and rounded once.
        mean = torch.tensor(normalization.mean or [0.0], dtype=torch.float64)
        std = torch.tensor(normalization.std or [1.0], dtype=torch.float64)
        self._scale = (1 / (255 * std)).float().to(device)
        self._shift = (-mean / std).float().to(device)
        self._mean, self._std = mean.to(device), std.to(device)
        self._is_identity = not normalization.mean

    def __call__(
        self, inputs: Tensor, warps: Tensor | None = None, changes: Sequence[Change] = ()
    ) -> Tensor:
        if inputs.dtype != torch.uint8:
            return self._standardize(inputs)
        # Channels last, because convolutions on CPUs and on tensor cores are faster with it.
        layout = torch.channels_last if inputs.ndim == 4 else torch.preserve_format
        floats = inputs.to(torch.float32, memory_format=layout)
        if warps is not None:
            # Before normalization, because grid_sample fills with 0, which is black.
            floats = warp(floats, warps)
        if changes:
            floats = change_colors(floats, changes)
        return floats.mul_(_by_entry(self._scale, floats)).add_(_by_entry(self._shift, floats))

    def _standardize(self, inputs: Tensor) -> Tensor:
        if not inputs.is_floating_point():
            return inputs
        if self._is_identity:
            return inputs.float()
        # In float64 until the end, because a mean may be far larger than its deviation.
        mean, std = _by_entry(self._mean, inputs), _by_entry(self._std, inputs)
        return ((inputs - mean) / std).float()


def _by_entry(values: Tensor, inputs: Tensor) -> Tensor:
    """Return numbers per entry of an input's first axis, in a shape to broadcast."""
    return values.view(-1, *(1,) * (inputs.ndim - 2))


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
