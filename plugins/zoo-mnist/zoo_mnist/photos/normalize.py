"""Normalization of strokes to the images of a data set: a digit, a pair of digits, a number.

As in LeCun et al. (1998), a digit is scaled to fit into 20×20 pixels, with its aspect ratio, and
placed in 28×28 pixels so that its center of mass is in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from PIL import Image

from zoo_mnist.photos.arrays import Bytes, Floats
from zoo_mnist.photos.layout import HEIGHT, OFFSET
from zoo_mnist.photos.morphology import bounding_box, center_of_mass, dilate
from zoo_mnist.photos.strokes import stroke_width

SIDE, FIT = 28, 20
PAIR, MIDDLE, PULL = 34, 21.5, 0.25
"""Placement of two overlapping digits, fitted to the training pairs: their usual height, the row
of their middle, and the factor by which their center of mass moves that row."""
THIN, PEN = 1.6, 2.4
"""Stroke widths in pixels of MNIST: thinner strokes than the first are dilated to the second.
MNIST's own strokes are wider than the first."""
EXACT, LARGEST = 80, 8
"""Minimum side of strokes in pixels that are dilated, and maximum factor of enlarging them."""
STRIP = (32, 320)
"""Height and width of an image of a number."""
ROWS, TALLEST, SHORTEST = 20, 30, 14
"""Height of a typical digit in a number's image, maximum of any digit, minimum of a typical one."""
FAINT = 0.1
"""Maximum strength of paper."""
FIRST, LAST = 8, 317
"""First column of a number, and the column after its last one."""
MAX_GAP, MAX_OVERLAP = 10, 6
"""Maximum gap between two digits in columns, and maximum overlap of their boxes."""


class Placed(NamedTuple):
    """Strokes of one symbol, and its place in the image that they are from.

    Attributes:
        strength: strokes of the symbol, 0 for paper to 1 for ink.
        top: first row in the image.
        left: first column in the image.
    """

    strength: Floats
    top: int
    left: int


def digit_image(strokes: Floats) -> Bytes:
    """Return a digit as MNIST's images ``(1, 28, 28)``."""
    return _to_bytes(_digit(strokes))


def composed_pair(top: Floats, bottom: Floats) -> Bytes:
    """Return two separate digits as the images of two-digit-mnist, ``(1, 42, 28)``."""
    # The same composition as `two_digit.compose`, in float32 so that it is rounded once.
    pair = np.zeros((HEIGHT, SIDE), np.float32)
    pair[:SIDE] = _digit(top)
    pair[OFFSET:] = np.maximum(pair[OFFSET:], _digit(bottom))
    return _to_bytes(pair)


def overlapping_pair(strokes: Floats) -> Bytes:
    """Return two overlapping digits as the images of two-digit-mnist, ``(1, 42, 28)``."""
    strokes = _resize(strokes, PAIR, SIDE - 4)  # 34 rows: two of 20 rows, the second 14 lower
    down, right = center_of_mass(strokes)
    half = len(strokes) / 2
    # Vertically not centered by mass: each digit of a pair was centered on its own, so the pair's
    # center of mass depends on which of them has more ink. PULL is the remaining dependence.
    place = (MIDDLE + PULL * (half - down) - half, SIDE / 2 - right)
    return _to_bytes(_place(strokes, (HEIGHT, SIDE), place))


def number_image(symbols: Sequence[Placed]) -> tuple[Bytes, bool]:
    """Return a number as an image ``(1, 32, 320)``, and whether all of it fits.

    Args:
        symbols: its symbols from left to right.
    """
    scale, width = _scale_and_pen(symbols)
    widened = 0
    if 0 < width * scale < THIN:
        side = int(np.median([max(each.strength.shape) for each in symbols]))
        symbols = [_upsample_symbol(each, _factor(side)) for each in symbols]
        scale, width = _scale_and_pen(symbols)
        widened = max(0, round((PEN / scale - width) / 2))
    heights = np.array([len(each.strength) for each in symbols])
    needed = _columns(symbols, scale)
    if needed > LAST - FIRST:
        smallest = SHORTEST / float(np.median(heights))
        scale = max(min(scale, smallest), scale * (LAST - FIRST) / needed)
    canvas = np.zeros(STRIP, np.float32)
    lift = _lift(symbols)
    column, fits = FIRST, True
    for index, symbol in enumerate(symbols):
        strokes = _enlarge(symbol.strength, widened, scale)
        if index:
            column += _gap(symbols[index - 1], symbol, scale)
        middle = STRIP[0] / 2 + scale * lift[index]
        row = min(max(round(middle - len(strokes) / 2), 0), STRIP[0] - len(strokes))
        fits &= column + strokes.shape[1] <= LAST
        target = canvas[row : row + len(strokes), column : column + strokes.shape[1]]
        np.maximum(target, strokes[:, : target.shape[1]], out=target)
        column += strokes.shape[1]
    return _to_bytes(canvas), fits


def _scale_and_pen(symbols: Sequence[Placed]) -> tuple[float, float]:
    """Return the scale of a number, and the typical width of its strokes."""
    heights = np.array([len(each.strength) for each in symbols])
    scale = min(ROWS / float(np.median(heights)), TALLEST / float(heights.max()))
    return scale, float(np.median([stroke_width(each.strength) for each in symbols]))


def _columns(symbols: Sequence[Placed], scale: float) -> float:
    """Return the number of columns of a number."""
    widths = sum(each.strength.shape[1] for each in symbols)
    gaps = sum(_gap(first, second, scale) for first, second in pairwise(symbols))
    return float(scale * widths + gaps)


def _gap(first: Placed, second: Placed, scale: float) -> int:
    gap: float = scale * (second.left - first.left - first.strength.shape[1])
    return round(min(max(gap, -MAX_OVERLAP), MAX_GAP))


def _lift(symbols: Sequence[Placed]) -> list[float]:
    """Return the distance of each symbol's middle below the line through all of them."""
    middles = np.array([each.top + len(each.strength) / 2 for each in symbols])
    if len(symbols) < 3:
        return [float(middle - middles.mean()) for middle in middles]
    places = np.array([each.left + each.strength.shape[1] / 2 for each in symbols])
    # A line that is written, or photographed, at a slant becomes level.
    places = places - places.mean()
    slope = (places * middles).sum() / max(1e-9, float((places**2).sum()))
    return [float(each) for each in middles - middles.mean() - slope * places]


def _digit(strokes: Floats) -> Floats:
    """Return a digit as in MNIST, with its center of mass in the middle."""
    strokes = _resize(strokes, FIT, FIT)
    down, right = center_of_mass(strokes)
    return _place(strokes, (SIDE, SIDE), (SIDE / 2 - down, SIDE / 2 - right))


def _resize(strokes: Floats, height: int, width: int) -> Floats:
    """Return strokes scaled to fit into a height and width, and thickened if they are thin."""
    scale = min(height / strokes.shape[0], width / strokes.shape[1])
    if 0 < stroke_width(strokes) * scale < THIN:
        strokes = _upsample(strokes, _factor(max(strokes.shape)))
        scale = min(height / strokes.shape[0], width / strokes.shape[1])
        # Dilated before scaling, because scaling would average thin strokes to light gray first.
        # The structuring element is odd, so that strokes grow by equal amounts on both sides.
        wider = 2 * max(0, round((PEN / scale - stroke_width(strokes)) / 2)) + 1
        strokes = dilate(np.pad(strokes, wider // 2), wider)
        scale = min(height / strokes.shape[0], width / strokes.shape[1])
    return _scale(strokes, scale)


def _factor(side: int) -> int:
    """Return the factor by which strokes of a side in pixels are enlarged before dilation."""
    return min(-(-EXACT // side), LARGEST)


def _upsample_symbol(symbol: Placed, factor: int) -> Placed:
    return Placed(_upsample(symbol.strength, factor), symbol.top * factor, symbol.left * factor)


def _upsample(strokes: Floats, factor: int) -> Floats:
    """Return strokes enlarged by an integer: one pixel could only be widened to three."""
    if factor <= 1:
        return strokes
    picture = Image.fromarray(strokes)
    size = picture.width * factor, picture.height * factor
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR), np.float32)


def _enlarge(strokes: Floats, widened: int, scale: float) -> Floats:
    """Return strokes widened by a number of pixels on each side, and scaled."""
    if widened:
        strokes = dilate(np.pad(strokes, widened), 2 * widened + 1)
    # The growth is part of the height.
    scaled = _scale(strokes, min(scale, STRIP[0] / len(strokes)))
    return scaled[: STRIP[0]]


def _scale(strokes: Floats, scale: float) -> Floats:
    rows, columns = (max(1, round(scale * side)) for side in strokes.shape)
    # HAMMING has no negative lobes. Those of BICUBIC and LANCZOS would make pixels next to strokes
    # negative, which `_to_bytes` would wrap to light ones.
    picture = Image.fromarray(strokes).resize((columns, rows), Image.Resampling.HAMMING)
    return np.asarray(picture, np.float32)


def _place(strokes: Floats, size: tuple[int, int], place: tuple[float, float]) -> Floats:
    """Place strokes in an empty image, their upper left corner as near to a place as they fit."""
    canvas = np.zeros(size, np.float32)
    rows, columns = (
        slice(start, start + side)
        for side, whole, wanted in zip(strokes.shape, size, place, strict=True)
        # Clamped, because the center of mass of an uneven digit may require a place outside.
        for start in [min(max(round(wanted), 0), whole - side)]
    )
    canvas[rows, columns] = strokes
    return canvas


def _to_bytes(strokes: Floats) -> Bytes:
    """Return strokes from 0 to 1 as an image ``(1, H, W)`` whose maximum is 255."""
    strongest = float(strokes.max())  # below 1 after resizing; 0 if no stroke remains
    scaled = strokes * (255 / strongest if strongest else 0.0)
    image: Bytes = np.rint(scaled).astype(np.uint8)[np.newaxis]
    return image


def trim(strength: Floats) -> Floats:
    """Return strokes cropped to their bounding box."""
    return strength[bounding_box(strength > FAINT)]
