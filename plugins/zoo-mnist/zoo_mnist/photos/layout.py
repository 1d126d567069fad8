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
        height, width = image.shape[1:]
        if height * self.size[1] != width * self.size[0]:
            return None
        pixels = 255 - image[0] if has_light_border(image[0]) else image[0]
        if pixels.shape != self.size:
            # HAMMING has no negative lobes, which would give black ground gray levels.
            picture = Image.fromarray(pixels).resize(self.size[::-1], Image.Resampling.HAMMING)
            pixels = np.asarray(picture, np.uint8)
        return pixels[np.newaxis] if self._matches(pixels) else None

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


def is_number_image(image: NDArray[np.uint8]) -> bool:
    """Return whether an image ``(1, H, W)`` is like those of mnist-numbers: a strip on black."""
    pixels = image[0]
    if pixels.shape != NUMBER or pixels.max() < BRIGHT:
        return False
    edge = np.concatenate([pixels[:, :2].ravel(), pixels[:, -2:].ravel()])
    return bool(2 * np.count_nonzero(pixels <= BLACK) >= pixels.size and edge.max() <= BLACK)
