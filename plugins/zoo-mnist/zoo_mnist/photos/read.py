"""Readers of photos and drawings: one digit, a pair of digits, or numbers.

An image that already is like the data set's images is only scaled, and inverted if it is dark on
light; in any other one, the writing is found, refused or doubted in words, and normalized.
"""

from __future__ import annotations

import numpy as np

from zoo_core import Box, Found, Reading
from zoo_mnist.photos import normalize
from zoo_mnist.photos.arrays import Bytes, Floats
from zoo_mnist.photos.doubts import (
    doubt_about,
    doubt_about_digit,
    doubt_about_number,
    doubt_about_pair,
)
from zoo_mnist.photos.layout import HEIGHT, Layout, fit_number
from zoo_mnist.photos.morphology import bounding_box
from zoo_mnist.photos.normalize import Placed
from zoo_mnist.photos.numbers import find_numbers
from zoo_mnist.photos.writing import Writing, find_writing

DIGIT = Layout((28, 28), length=(17, 22), down=(13.25, 14.75), right=(13.25, 14.75))
DIGITS = Layout((HEIGHT, 28), length=(24, 42), down=(15, 27), right=(13, 15.1))
"""Layouts of the images of MNIST and of two-digit-mnist."""
APART = 0.3
"""Minimum share of the whole height, or width, that each of two separate digits has."""
MOST = 12
"""Maximum number of digits of a number."""
NOTHING = Reading((), "no writing found")


def read_digit(image: Bytes) -> Reading:
    """Return the digit in an image, uint8 ``(1, H, W)``, as MNIST's images, ``(1, 28, 28)``."""
    # A saved test image is not processed again, so `zoo predict` and `zoo evaluate` agree on it.
    if (ready := DIGIT.fit(image)) is not None:
        return Reading((Found(ready, (_ink_box(ready, image),)),))
    writing = find_writing(image[0])
    if writing is None:
        return NOTHING
    symbols = range(len(writing.symbols))
    strength = writing.strength(symbols)
    doubt = (
        f"several digits: {len(symbols)} found"
        if len(symbols) > 1
        else doubt_about_digit(writing, strength)
    )
    boxes = tuple(map(writing.box, symbols))
    return Reading((Found(normalize.digit_image(strength), boxes, doubt),))


def read_two_digits(image: Bytes) -> Reading:
    """Return the two digits in an image, uint8 ``(1, H, W)``, as in two-digit-mnist.

    Separate digits, one above the other or side by side, are each normalized like `read_digit` and
    composed like that data set's images, the upper or left one on top. Overlapping digits are
    scaled and placed together.
    """
    if (ready := DIGITS.fit(image)) is not None:
        return Reading((Found(ready, (_ink_box(ready, image),)),))
    writing = find_writing(image[0])
    if writing is None:
        return NOTHING
    symbols = range(len(writing.symbols))
    boxes = tuple(map(writing.box, symbols))
    doubt = f"more than two digits: {len(symbols)} found"
    if len(symbols) <= 2:
        doubt = doubt_about_pair(writing, [writing.strength([each]) for each in symbols])
    if len(symbols) == 2:
        first, second = sorted(symbols, key=lambda each: _order(boxes, each))
        pair = normalize.composed_pair(writing.strength([first]), writing.strength([second]))
        return Reading((Found(pair, (boxes[first], boxes[second]), doubt),))
    strength = writing.strength(symbols)
    if parts := _separate(strength):
        return Reading((Found(normalize.composed_pair(*parts), boxes, doubt),))
    return Reading((Found(normalize.overlapping_pair(strength), boxes, doubt),))


def read_numbers(image: Bytes) -> Reading:
    """Return the numbers in an image, uint8 ``(1, H, W)``, as in mnist-numbers, ``(1, 32, 320)``.

    Numbers are in reading order: lines from top to bottom, and each line from left to right.
    """
    if (ready := fit_number(image)) is not None:
        return Reading((Found(ready, (_ink_box(ready, image),)),))
    writing = find_writing(image[0])
    if writing is None:
        return NOTHING
    numbers = find_numbers(writing.symbols.boxes)
    doubt = doubt_about(writing)
    return Reading(tuple(_number(writing, symbols, doubt) for symbols in numbers))


def _number(writing: Writing, symbols: list[int], doubt: str) -> Found:
    placed = [
        Placed(writing.strength([each]), *writing.symbols.boxes[each, :2].tolist())
        for each in symbols
    ]
    strip, fits = normalize.number_image(placed)
    doubt = doubt_about_number([each.strength for each in placed]) or doubt
    if len(symbols) > MOST or not fits:
        about = max(len(symbols), MOST + 1)
        doubt = f"too many: about {about} digits, at most {MOST} are read"
    return Found(strip, tuple(map(writing.box, symbols)), doubt)


def _order(boxes: tuple[Box, ...], index: int) -> int:
    """Return the place of one of two boxes: from the top if they are stacked, or from the left."""
    first, second = boxes
    # Stacked if they overlap more from side to side than from top to bottom.
    beside = min(first.right, second.right) - max(first.left, second.left)
    above = min(first.bottom, second.bottom) - max(first.top, second.top)
    return boxes[index].top if beside > above else boxes[index].left


def _separate(strength: Floats) -> tuple[Floats, Floats] | None:
    """Return two separate digits, the upper or left one first; None if they are not separate."""
    # The transposed strokes make columns rows, so that one piece of code covers both directions.
    for turned, part in enumerate((strength, strength.T)):
        free = np.flatnonzero(~(part > 0.1).any(axis=1))
        least = APART * len(part)
        if len(gap := free[(free >= least) & (free < len(part) - least)]):
            middle = int(np.median(gap))  # the middle of the gap, if there is a single one
            first, second = normalize.trim(part[:middle]), normalize.trim(part[middle:])
            return (first.T, second.T) if turned else (first, second)
    return None


def _ink_box(ready: Bytes, image: Bytes) -> Box:
    """Return the place of the ink of a data set's image in a larger image of it."""
    rows, columns = bounding_box(ready[0] > 0) if ready.any() else (slice(0, 1), slice(0, 1))
    down, right = image.shape[1] / ready.shape[1], image.shape[2] / ready.shape[2]
    return Box(
        int(rows.start * down),
        int(columns.start * right),
        min(image.shape[1], -int(-rows.stop * down // 1)),
        min(image.shape[2], -int(-columns.stop * right // 1)),
    )
