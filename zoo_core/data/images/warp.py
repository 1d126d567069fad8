"""Image warping by bilinear interpolation, in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # because its recipes import pydantic, and predicting needs no recipe
    from zoo_core.data.augmentation.warps import Positions

Images = NDArray[np.float32]


def warp(images: Images, positions: Positions) -> Images:
    """Return images ``(N, C, H, W)`` with each pixel sampled at its position, black outside.

    A position between pixels is interpolated from the four around it (bilinear interpolation), as
    by ``torch.nn.functional.grid_sample(align_corners=False)``.
    """
    count, channels, height, width = images.shape
    # One black pixel before the first row and column, two behind the last: positions outside are
    # clipped to the black border, and even there the right and lower neighbors exist.
    framed = np.pad(images, ((0, 0), (0, 0), (1, 2), (1, 2)))
    # Positions are relative to the image's center, (width - 1)/2; the border adds 1.
    x = np.clip(positions[:, 0] + (width + 1) / 2, 0, width + 1)  # (N, H, W)
    y = np.clip(positions[:, 1] + (height + 1) / 2, 0, height + 1)
    left, top = x.astype(np.int32), y.astype(np.int32)  # truncation is floor, since x, y >= 0
    right_share, lower_share = (x - left)[:, np.newaxis], (y - top)[:, np.newaxis]

    # Flat indices of the upper left neighbors, (N, C, H, W): `take` with one index per pixel is
    # faster than indexing by four arrays, and its neighbors are at +1 and +row.
    row = width + 3
    planes = np.arange(count * channels, dtype=np.int32) * (row * (height + 3))
    corner = planes.reshape(count, channels, 1, 1) + (top * row + left)[:, np.newaxis]
    pixels = framed.ravel()

    def between(start: NDArray[np.int32]) -> Images:
        first, second = pixels.take(start), pixels.take(start + 1)
        mixed: Images = first + right_share * (second - first)
        return mixed

    upper = between(corner)
    warped: Images = upper + lower_share * (between(corner + row) - upper)
    return warped


def warp_pixels(images: NDArray[np.uint8], positions: Positions) -> NDArray[np.uint8]:
    """Return warped images of pixels from 0 to 255, rounded."""
    warped = warp(images.astype(np.float32), positions)
    return np.rint(warped).astype(np.uint8)
