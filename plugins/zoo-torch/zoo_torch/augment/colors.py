"""Changes of colors of a batch of images, each image by an amount of its own.

Images are floats ``(N, C, H, W)`` from 0 to 255, and amounts ``(N, 1, 1, 1)``. The functions are
those of torchvision's transforms of the same names, which accept one amount per call, and compute
on floats instead of whole levels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from zoo_core.plugin_api import Change

WHITE = 255.0

LUMA = (0.2989, 0.587, 0.114)
"""Shares of red, green and blue in the brightness of a pixel, as in torchvision."""


def change_colors(images: Tensor, changes: Sequence[Change]) -> Tensor:
    """Return images with changes applied in order; the images themselves may be changed, too."""
    for change in changes:
        function = FUNCTIONS[change.name]
        amounts = torch.from_numpy(change.amounts).to(images.device).view(-1, 1, 1, 1)
        if len(change.places) == len(images):
            images = function(images, amounts)
            continue
        # Those images alone, and not all of them with a mask, because most operations of
        # RandAugment concern a fourteenth of the images.
        places = torch.from_numpy(change.places).to(images.device)
        images.index_copy_(0, places, function(images.index_select(0, places), amounts))
    return images


def brightness(images: Tensor, factors: Tensor) -> Tensor:
    """Return images with each level multiplied by a factor."""
    return (images * factors).clamp_(0, WHITE)


def contrast(images: Tensor, factors: Tensor) -> Tensor:
    """Return images with distances from their mean gray multiplied by a factor."""
    gray = _gray(images)
    # A sum of integers, which is the same in any order, and so for any number of threads.
    total = gray.floor().to(torch.int64).sum(dim=(1, 2, 3), keepdim=True)
    return _extrapolate(total.to(images.dtype) / gray[0].numel(), images, factors)


def saturation(images: Tensor, factors: Tensor) -> Tensor:
    """Return images with distances from their gray version multiplied by a factor.

    Images that have no color, of other than three channels, stay as they are.
    """
    if images.shape[1] != len(LUMA):
        return images
    return _extrapolate(_gray(images), images, factors)


def hue(images: Tensor, shifts: Tensor) -> Tensor:
    """Return images ``(N, 3, H, W)`` with hues shifted by a share of the color circle."""
    red, green, blue = images.unbind(1)
    value, least = images.amax(1), images.amin(1)
    spread = value - least
    # Divided by 1 where a pixel is gray: its hue has no effect.
    scale = torch.where(spread == 0, 1.0, spread)
    # Hue in sixths of the circle, from red.
    sixth = torch.where(
        value == red,
        (green - blue) / scale,
        torch.where(value == green, 2 + (blue - red) / scale, 4 + (red - green) / scale),
    )
    sixth = sixth + 6 * shifts[:, 0]
    # The inverse of all three channels in one formula: each rises from the least to the largest
    # level within a sixth of the circle, stays for two, falls, and stays for two.
    start = torch.tensor([5.0, 3.0, 1.0], device=images.device).view(1, 3, 1, 1)
    place = (start + sixth[:, None]) % 6
    fallen = torch.minimum(place, 4 - place).clamp_(0, 1)
    return value[:, None] - spread[:, None] * fallen


def sharpness(images: Tensor, factors: Tensor) -> Tensor:
    """Return images with distances from their smoothed version multiplied by a factor.

    Pixels at the border, and so images of one or two rows or columns, stay as they are.
    """
    height, width = images.shape[2:]
    if min(height, width) < 3:
        return images
    # The sum of each pixel and its neighbors, with four more of itself: 13 in total.
    rows = images[:, :, :-2] + images[:, :, 1:-1] + images[:, :, 2:]
    blocks = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]
    inner = images[:, :, 1:-1, 1:-1]
    changed = images.clone()
    changed[:, :, 1:-1, 1:-1] = _extrapolate((blocks + 4 * inner) / 13, inner, factors)
    return changed


def posterize(images: Tensor, bits: Tensor) -> Tensor:
    """Return images without the given number of the last bits of 8, rounded."""
    size = torch.exp2(bits.round())
    return (images / size).floor_() * size


def solarize(images: Tensor, thresholds: Tensor) -> Tensor:
    """Return images with levels from a threshold on inverted."""
    return torch.where(images >= thresholds, WHITE - images, images)


def autocontrast(images: Tensor, _: Tensor) -> Tensor:
    """Return images with the levels of each channel stretched from black to white."""
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    flat = low == high  # a channel of one level stays as it is
    low = torch.where(flat, 0.0, low)
    stretched = (images - low) * torch.where(flat, 1.0, WHITE / (high - low))
    return stretched.clamp_(max=WHITE)  # which rounding may exceed


def equalize(images: Tensor, _: Tensor) -> Tensor:
    """Return images in which all levels of a channel are about equally frequent."""
    levels = images.round().to(torch.int64).flatten(2)  # (N, C, H·W)
    counts = levels.new_zeros((*levels.shape[:2], 256))
    counts.scatter_add_(2, levels, torch.ones_like(levels))
    below = counts.cumsum(2)
    # Pixels per new level, of all but those of the highest level that occurs, as Pillow has it.
    highest = levels.amax(2, keepdim=True)
    step = (levels.shape[2] - counts.gather(2, highest)) // 255
    table = (below - counts + step // 2) // step.clamp(min=1)
    table = torch.where(step > 0, table.clamp_(max=255), torch.arange(256, device=levels.device))
    return table.gather(2, levels).view(images.shape).to(images.dtype)


def _gray(images: Tensor) -> Tensor:
    """Return the brightness of each pixel, ``(N, 1, H, W)``."""
    if images.shape[1] != len(LUMA):
        return images.mean(1, keepdim=True)
    red, green, blue = LUMA
    return (red * images[:, :1]) + (green * images[:, 1:2]) + (blue * images[:, 2:])


def _extrapolate(start: Tensor, images: Tensor, factors: Tensor) -> Tensor:
    """Return images with their distances from others multiplied by a factor."""
    return (factors * images + (1 - factors) * start).clamp_(0, WHITE)


FUNCTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    each.__name__: each
    for each in (
        brightness,
        contrast,
        saturation,
        hue,
        sharpness,
        posterize,
        solarize,
        autocontrast,
        equalize,
    )
}
"""Name of a change -> its function of images and amounts."""
