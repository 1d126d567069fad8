"""Photos and drawings, arranged as the images of MNIST are.

LeCun et al. (1998): a digit is fitted into 20×20 pixels, its proportions kept, and put into 28×28
so that its center of mass is in the middle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from zoo_core.plugin_api import has_light_border
from zoo_mnist.stroke_segmentation import Floats, find_strokes, stroke_width
from zoo_mnist.two_digit import HEIGHT, OFFSET

SIDE, FIT = 28, 20
PAIR, MIDDLE, PULL = 34, 21.5, 0.25
"""Usual height of two overlapping digits, the row of their middle, and how far that is from their
center of mass, as a share of how far theirs is from it: fitted to the training pairs."""
THIN, PEN = 1.6, 2.4
"""Strokes thinner than the first, in pixels of MNIST, are drawn anew as wide as the second; those
of MNIST's own digits are wider."""
APART = 0.3
"""Two digits are apart where each has this share of the whole height, or width, for itself."""


def read_digit(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the digit in an image, uint8 ``(1, H, W)``, as MNIST would have it, ``(1, 28, 28)``.

    An image of that size, light on dark, is taken as it is; one in which nothing is written gives
    black.
    """
    if _is_ready(image, (SIDE, SIDE)):
        return image
    strokes = find_strokes(image[0])
    if strokes is None:
        return np.zeros((1, SIDE, SIDE), np.uint8)
    return _to_bytes(_digit(strokes))


def read_two_digits(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the two digits in an image, uint8 ``(1, H, W)``, arranged as in two-digit-mnist.

    Where they stand apart, one above the other or side by side, each is read as by `read_digit`,
    and they are put together as that data set does, the upper or left one on top. Where they
    overlap, they stay as they are, as large as usual. See `read_digit` for what is taken as it is.
    """
    if _is_ready(image, (HEIGHT, SIDE)):
        return image
    strokes = find_strokes(image[0])
    if strokes is None:
        return np.zeros((1, HEIGHT, SIDE), np.uint8)
    if parts := _separate(strokes):
        top, bottom = map(_digit, parts)
        pair = np.zeros((HEIGHT, SIDE), np.float32)
        pair[:SIDE] = top
        pair[OFFSET:] = np.maximum(pair[OFFSET:], bottom)
        return _to_bytes(pair)
    strokes = _resize(strokes, PAIR, SIDE - 4)
    down, right = ndimage.center_of_mass(strokes)
    half = len(strokes) / 2
    place = (MIDDLE + PULL * (half - down) - half, SIDE / 2 - right)
    return _to_bytes(_place(strokes, (HEIGHT, SIDE), place))


def _is_ready(image: NDArray[np.uint8], size: tuple[int, int]) -> bool:
    return image.shape[1:] == size and not has_light_border(image[0])


def _digit(strokes: Floats) -> Floats:
    """Return a digit as MNIST has it, its center of mass in the middle."""
    strokes = _resize(strokes, FIT, FIT)
    down, right = ndimage.center_of_mass(strokes)
    return _place(strokes, (SIDE, SIDE), (SIDE / 2 - down, SIDE / 2 - right))


def _resize(strokes: Floats, height: int, width: int) -> Floats:
    """Return strokes as large as fits, and as wide as pens were."""
    scale = min(height / strokes.shape[0], width / strokes.shape[1])
    stroke = stroke_width(strokes)
    if 0 < stroke * scale < THIN:
        wider = 2 * round((PEN / scale - stroke) / 2) + 1
        strokes = ndimage.grey_dilation(np.pad(strokes, wider // 2), (wider, wider))
        scale = min(height / strokes.shape[0], width / strokes.shape[1])
    rows, columns = (max(1, round(scale * side)) for side in strokes.shape)
    picture = Image.fromarray(strokes).resize((columns, rows), Image.Resampling.HAMMING)
    return np.asarray(picture, np.float32)


def _place(strokes: Floats, size: tuple[int, int], place: tuple[float, float]) -> Floats:
    """Put strokes into an empty image, their upper left corner as near to a place as fits."""
    canvas = np.zeros(size, np.float32)
    rows, columns = (
        slice(start, start + side)
        for side, whole, wanted in zip(strokes.shape, size, place, strict=True)
        for start in [min(max(round(wanted), 0), whole - side)]
    )
    canvas[rows, columns] = strokes
    return canvas


def _separate(strength: Floats) -> tuple[Floats, Floats] | None:
    """Return two digits that stand apart, the upper or left one first; None if they do not."""
    for turned, part in enumerate((strength, strength.T)):
        free = np.flatnonzero(~(part > 0.1).any(axis=1))
        least = APART * len(part)
        if len(gap := free[(free >= least) & (free < len(part) - least)]):
            middle = int(np.median(gap))
            first, second = _trim(part[:middle]), _trim(part[middle:])
            return (first.T, second.T) if turned else (first, second)
    return None


def _trim(strength: Floats) -> Floats:
    rows, columns = ndimage.find_objects((strength > 0.1).astype(np.int8))[0]
    trimmed: Floats = strength[rows, columns]
    return trimmed


def _to_bytes(strokes: Floats) -> NDArray[np.uint8]:
    """Return strokes from 0 to 1 as an image ``(1, H, W)``, the strongest at full strength."""
    strongest = float(strokes.max())
    scaled = strokes * (255 / strongest if strongest else 0.0)
    image: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)[np.newaxis]
    return image
