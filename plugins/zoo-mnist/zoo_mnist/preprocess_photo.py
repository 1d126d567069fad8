"""Preprocessing of photos and drawings, so that they resemble MNIST's images.

As in LeCun et al. (1998), a digit is scaled to fit into 20×20 pixels, with its aspect ratio, and
placed in 28×28 pixels so that its center of mass is in the middle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_mnist.layout import HEIGHT, OFFSET, Layout
from zoo_mnist.morphology import bounding_box, center_of_mass, dilate
from zoo_mnist.stroke_segmentation import Floats, find_strokes, stroke_width

SIDE, FIT = 28, 20
PAIR, MIDDLE, PULL = 34, 21.5, 0.25
"""Placement of two overlapping digits, fitted to the training pairs: their usual height, the row
of their middle, and the factor by which their center of mass moves that row."""
THIN, PEN = 1.6, 2.4
"""Stroke widths in pixels of MNIST: thinner strokes than the first are dilated to the second.
MNIST's own strokes are wider than the first."""
DIGIT = Layout((SIDE, SIDE), length=(17, 22), down=(13.25, 14.75), right=(13.25, 14.75))
DIGITS = Layout((HEIGHT, SIDE), length=(24, 42), down=(15, 27), right=(13, 15.1))
"""Layouts of the images of MNIST and of two-digit-mnist."""
APART = 0.3
"""Minimum share of the whole height, or width, that each of two separate digits has."""


def read_digit(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the digit in an image, uint8 ``(1, H, W)``, as MNIST's images, ``(1, 28, 28)``.

    An image that already has MNIST's layout is only scaled, and inverted if it is dark on light.
    The result is black if the image contains no strokes.
    """
    # A saved test image is not processed again, so `zoo predict` and `zoo evaluate` agree on it.
    if (ready := DIGIT.fit(image)) is not None:
        return ready
    strokes = find_strokes(image[0])
    if strokes is None:
        return np.zeros((1, SIDE, SIDE), np.uint8)
    return _to_bytes(_digit(strokes))


def read_two_digits(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the two digits in an image, uint8 ``(1, H, W)``, as in two-digit-mnist.

    Separate digits, one above the other or side by side, are each processed like `read_digit` and
    composed like that data set's images, the upper or left one on top. Overlapping digits are
    scaled and placed together. An image that already has the data set's layout is only scaled, and
    inverted if it is dark on light.
    """
    if (ready := DIGITS.fit(image)) is not None:
        return ready
    strokes = find_strokes(image[0])
    if strokes is None:
        return np.zeros((1, HEIGHT, SIDE), np.uint8)
    if parts := _separate(strokes):
        top, bottom = map(_digit, parts)
        # The same composition as `two_digit.compose`, in float32 so that it is rounded once.
        pair = np.zeros((HEIGHT, SIDE), np.float32)
        pair[:SIDE] = top
        pair[OFFSET:] = np.maximum(pair[OFFSET:], bottom)
        return _to_bytes(pair)
    strokes = _resize(strokes, PAIR, SIDE - 4)  # 34 rows: two of 20 rows, the second 14 lower
    down, right = center_of_mass(strokes)
    half = len(strokes) / 2
    # Vertically not centered by mass: each digit of a pair was centered on its own, so the pair's
    # center of mass depends on which of them has more ink. PULL is the remaining dependence.
    place = (MIDDLE + PULL * (half - down) - half, SIDE / 2 - right)
    return _to_bytes(_place(strokes, (HEIGHT, SIDE), place))


def _digit(strokes: Floats) -> Floats:
    """Return a digit as in MNIST, with its center of mass in the middle."""
    strokes = _resize(strokes, FIT, FIT)
    down, right = center_of_mass(strokes)
    return _place(strokes, (SIDE, SIDE), (SIDE / 2 - down, SIDE / 2 - right))


def _resize(strokes: Floats, height: int, width: int) -> Floats:
    """Return strokes scaled to fit into a height and width, and thickened if they are thin."""
    scale = min(height / strokes.shape[0], width / strokes.shape[1])
    stroke = stroke_width(strokes)
    if 0 < stroke * scale < THIN:
        # Dilated before scaling, because scaling would average thin strokes to light gray first.
        # The structuring element is odd, so that strokes grow by equal amounts on both sides.
        wider = 2 * round((PEN / scale - stroke) / 2) + 1
        strokes = dilate(np.pad(strokes, wider // 2), wider)
        scale = min(height / strokes.shape[0], width / strokes.shape[1])
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


def _separate(strength: Floats) -> tuple[Floats, Floats] | None:
    """Return two separate digits, the upper or left one first; None if they are not separate."""
    # The transposed strokes make columns rows, so that one piece of code covers both directions.
    for turned, part in enumerate((strength, strength.T)):
        free = np.flatnonzero(~(part > 0.1).any(axis=1))
        least = APART * len(part)
        if len(gap := free[(free >= least) & (free < len(part) - least)]):
            middle = int(np.median(gap))  # the middle of the gap, if there is a single one
            first, second = _trim(part[:middle]), _trim(part[middle:])
            return (first.T, second.T) if turned else (first, second)
    return None


def _trim(strength: Floats) -> Floats:
    return strength[bounding_box(strength > 0.1)]


def _to_bytes(strokes: Floats) -> NDArray[np.uint8]:
    """Return strokes from 0 to 1 as an image ``(1, H, W)`` whose maximum is 255."""
    strongest = float(strokes.max())  # below 1 after resizing; 0 if no stroke remains
    scaled = strokes * (255 / strongest if strongest else 0.0)
    image: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)[np.newaxis]
    return image
