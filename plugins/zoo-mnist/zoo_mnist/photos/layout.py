"""Layout of a data set's images: the place and size of what is written, on black.

The images of MNIST and of two-digit-mnist have it at any size and in either polarity; a photo, with
its paper and light, has not.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_core.plugin_api import has_light_border

HEIGHT, OFFSET = 42, 14
"""Height of an image of two-digit-mnist, and first row of the bottom digit: 14 of each digit's 28
rows overlap."""
NUMBER = (32, 320)
"""Height and width of an image of mnist-numbers."""
FAINT = 60
"""Maximum gray level of its first and last column."""
INK = 30
"""Minimum gray level of strokes."""
BLACK = 8
"""Maximum gray level of the ground, which is at least half of an image."""
BRIGHT = 150
"""Minimum of an image's lightest gray level."""


class Layout(NamedTuple):
    """A layout; its limits are a little wider than those of the data set's images.

    Attributes:
        size: height and width of the images.
        length: minimum and maximum of the longer side of what is written.
        down: minimum and maximum row of the center of mass.
        right: minimum and maximum column of the center of mass.
    """

    size: tuple[int, int]
    length: tuple[float, float]
    down: tuple[float, float]
    right: tuple[float, float]

    def fit(self, image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """Return an image ``(1, H, W)`` in the size of the layout, light on black.

        None if it does not have the layout. An image of the data set is returned unchanged.
        """
        pixels = _scale(image[0], self.size)
        return None if pixels is None or not self._matches(pixels) else pixels[np.newaxis]

    def _matches(self, pixels: NDArray[np.uint8]) -> bool:
        # As lists, because a few dozen numbers are compared faster in Python than by NumPy.
        down, right = pixels.max(axis=1).tolist(), pixels.max(axis=0).tolist()
        if max(down) < BRIGHT or 2 * np.count_nonzero(pixels <= BLACK) < pixels.size:
            return False
        row, column = _center(pixels)
        return (
            self.length[0] <= max(_length(down), _length(right)) <= self.length[1]
            and self.down[0] <= row <= self.down[1]
            and self.right[0] <= column <= self.right[1]
        )


def fit_number(image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return an image ``(1, H, W)`` in the size of mnist-numbers, light on black.

    None if it is not like them: a strip whose ends are dark. An image of the data set is returned
    unchanged.
    """
    pixels = _scale(image[0], NUMBER)
    if pixels is None or pixels.max() < BRIGHT:
        return None
    # A number begins and ends inside of the strip.
    if max(pixels[:, 0].max(), pixels[:, -1].max()) > FAINT:
        return None
    is_ground = 2 * np.count_nonzero(pixels <= BLACK) > pixels.size
    return pixels[np.newaxis] if is_ground else None


def _scale(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8] | None:
    """Return an image ``(H, W)`` in a size, on a dark ground; None if its ratio is another one."""
    height, width = pixels.shape
    if height * size[1] != width * size[0]:
        return None
    if has_light_border(pixels):
        pixels = 255 - pixels
    if pixels.shape == size:
        return pixels
    # HAMMING has no negative lobes, which would give black ground gray levels.
    picture = Image.fromarray(pixels).resize(size[::-1], Image.Resampling.HAMMING)
    return np.asarray(picture, np.uint8)


def _length(levels: list[int]) -> int:
    """Return the number of rows, or columns, from the first to the last one with ink."""
    found = [i for i, level in enumerate(levels) if level > INK]
    return found[-1] - found[0] + 1


def _center(pixels: NDArray[np.uint8]) -> tuple[float, float]:
    """Return row and column of the center of mass."""
    # Products of matrices instead of six sums, because each test image is checked.
    height, width = pixels.shape
    product = _zeroth_and_first(height) @ pixels.astype(np.float32) @ _zeroth_and_first(width).T
    (mass, right), (down, _) = product.tolist()
    return down / mass, right / mass


@cache
def _zeroth_and_first(size: int) -> NDArray[np.float32]:
    """Return the factors of a mass and of its first moment, ``(2, size)``."""
    return np.array([np.ones(size), np.arange(size)], np.float32)
