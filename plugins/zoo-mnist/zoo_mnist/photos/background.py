"""Background of writing: the paper's gray level at each pixel, and the contrast of ink to it.

Paper may be lit unevenly, lie in a shadow with an edge, or end at a dark table. Its local level is
a gray-level closing: everything dark that is narrower than a window is filled. A shadow's edge
stays an edge, because half a plane is wider than any window.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_mnist.photos.arrays import Bytes, Floats
from zoo_mnist.photos.morphology import close, open_gray

WINDOW = 0.3
"""Side of the window relative to the size of the image; strokes are narrower."""
COARSE = 96
"""Approximate longer side, in pixels, at which the polarity is found."""
WIDE, LOCAL = 0.6, 1 / 3
"""Sides of the windows of the polarity, relative to the size: of digits, of their parts."""
STRIP = 2.0
"""Maximum ratio of an image's size to its shorter side; the size is the longer side up to there."""
SAMPLE = 4_000
"""Number of pixels from which the light and the noise are estimated."""
DIM = 0.3
"""Minimum level of paper relative to the lightest paper at which ink is scaled by the light."""


class Contrast(NamedTuple):
    """The contrast of ink to paper.

    Attributes:
        ink: contrast of each pixel in gray levels, ``(H, W)``; about 0 for paper.
        noise: standard deviation of the paper.
    """

    ink: Floats
    noise: float


def find_contrast(image: Bytes, is_dark: bool) -> Contrast:
    """Return the contrast of ink to paper in an image ``(H, W)`` of a few hundred pixels.

    Args:
        image: gray levels.
        is_dark: whether ink is darker than paper.
    """
    light_paper = image if is_dark else ~image
    paper = close(light_paper, max(3, round(WINDOW * _size(image))))
    ink = np.subtract(paper, light_paper, dtype=np.float32)
    step = max(1, round((ink.size / SAMPLE) ** 0.5))
    if is_dark:
        # Relative to the light, because a shadow darkens paper and ink by the same factor.
        brightest = quantile(paper[::step, ::step], 0.95)
        if brightest > 0:
            ink *= brightest / np.maximum(paper, max(1.0, DIM * brightest)).astype(np.float32)
    low, quarter = quantiles(ink[::step, ::step], (0.05, 0.25))
    # From the lightest quarter, because ink may cover a third of a drawing. The factors are right
    # for paper that is two thirds to all of the image, within a tenth.
    noise = (quarter - low) / 1.05
    ink -= low + 1.5 * noise  # the closing of noisy paper is lighter than its median
    return Contrast(ink, noise)


def is_dark_ink(image: Bytes) -> bool:
    """Return whether the writing of an image is darker than its paper."""
    step = max(1, round(max(image.shape) / COARSE))
    small = np.asarray(Image.fromarray(image).reduce(step), np.uint8) if step > 1 else image
    side = _size(small)
    # Without shadows: filled and opened in both orders, whose mean prefers neither polarity.
    width = max(3, round(WIDE * side))
    ground = open_gray(close(small, width), width).astype(np.float32)
    ground += close(open_gray(small, width), width)
    rest = small.astype(np.float32) - ground / np.float32(2)
    rest -= _local_mean(rest, max(3, round(LOCAL * side)) | 1)
    # Ink is rarer than paper in its neighborhood, also within a digit, so it deviates more.
    return float((rest**3).sum()) <= 0


def _size(image: Bytes) -> float:
    """Return the size of an image to which windows are relative."""
    # Of a long strip, the longer side does not depend on the size of the digits.
    longer, shorter = max(image.shape), min(image.shape)
    return float(min(longer, STRIP * shorter))


def quantile(values: NDArray[np.generic], share: float) -> float:
    """Return a quantile of values, without interpolation."""
    # np.quantile takes about ten times as long for 16,384 values.
    return quantiles(values, (share,))[0]


def quantiles(values: NDArray[np.generic], shares: tuple[float, ...]) -> list[float]:
    """Return quantiles of values, without interpolation."""
    ranks = [min(int(share * values.size), values.size - 1) for share in shares]
    ordered = np.partition(values, ranks, axis=None)
    return [float(ordered[rank]) for rank in ranks]


def _local_mean(image: NDArray[np.floating], width: int) -> Floats:
    """Return the mean over a square around each pixel; `width` is odd."""
    sums = np.pad(image.astype(np.float64), width // 2, mode="edge")
    for axis in (0, 1):
        sums = np.insert(np.cumsum(sums, axis=axis), 0, 0, axis=axis)
        sums = sums[:, width:] - sums[:, :-width] if axis else sums[width:] - sums[:-width]
    return (sums / width**2).astype(np.float32)
