"""Random layouts of numbers: strings, shapes of their digits, and places in the image.

Every draw is one raw output of NumPy's PCG64, whose values are the same in every version, turned
into an integer; sizes are in 1/256 pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_mnist.numbers_warp import ONE, Boxes, DigitShapes, Integers

HEIGHT, WIDTH = 32, 320

LONGEST = 12
"""Maximum number of digits of a number."""

LONG = 9
"""Minimum number of digits of a long number."""

MIN_HEIGHT, MAX_HEIGHT = 15, 26
"""Range of the height of a number's digits in rows; a digit differs by up to a tenth."""

MAX_DIGIT_HEIGHT = 28 * ONE

_RIGHT_MARGIN = 3
_STROKE_GROWTH = 2  # columns by which wider strokes and rounding widen a digit


class Layout(NamedTuple):
    """Layouts of N numbers; arrays of digits are ``(N, 12)``, with unused places at the end."""

    lengths: Integers
    """Number of digits, 1 to 12."""
    digits: Integers
    """Row of each digit among the examples."""
    height: Integers
    """Height of each digit in 1/256 row."""
    aspect: Integers
    """Factor of the width of each digit, in 1/256."""
    slant: Integers
    """Slant of each digit (`DigitShapes`)."""
    stroke: Integers
    """Change of the stroke width of each digit (`DigitShapes`)."""
    gap: Integers
    """Gap after each digit in 1/256 column; negative for an overlap."""
    rise: Integers
    """Position of each digit below the line, in 1/256 row."""
    slope: Integers
    """Slope ``(N,)`` of the line: rows down per column, in 1/4096."""
    margin: Integers
    """Columns ``(N,)`` left of the first digit."""
    lift: Integers
    """Rows ``(N,)`` by which the number is below the center."""

    @property
    def used(self) -> NDArray[np.bool_]:
        """The digits ``(N, 12)`` that are in a number."""
        return np.arange(LONGEST) < self.lengths[:, None]


def draw_layouts(seed: tuple[int, ...], count: int, pool: Integers, *, long: int = 0) -> Layout:
    """Return random layouts of numbers.

    Args:
        seed: seed of all draws.
        count: number of layouts N.
        pool: rows of the digits that may occur.
        long: number of images, of 4, that have at least 9 digits; the lengths of the others are
            from 1 to 12, equally often.
    """
    draws = _draws(seed, count)
    raw = next(draws)
    lengths = np.where(
        _between(raw[:, 1], 0, 3) < long,
        _between(raw[:, 2], LONG, LONGEST),
        _between(raw[:, 0], 1, LONGEST),
    )
    digits = pool[_between(next(draws), 0, len(pool) - 1)]
    size = _around(draws, 1, MIN_HEIGHT * ONE, MAX_HEIGHT * ONE)
    height = size * _around(draws, LONGEST, 230, 282) // ONE
    aspect = _around(draws, 1, 210, 302) * _around(draws, LONGEST, 230, 282) // ONE
    slant = _around(draws, 1, -70, 70) + _around(draws, LONGEST, -26, 26)
    stroke = _around(draws, 1, -150, 200) + _around(draws, LONGEST, -30, 30)
    # In shares of the height: 1/20 overlap to 1/3, then a jitter per gap, and one of 16 is wider.
    gap = _between(next(draws)[:, :1], -13, 85) + _around(draws, LONGEST, -38, 38)
    wider = _between(next(draws), 0, 15) == 0
    gap = gap + np.where(wider, _between(next(draws), 40, 200), 0)
    rise = _around(draws, LONGEST, -25, 25) * size // ONE
    return Layout(
        lengths=lengths,
        digits=digits,
        height=np.minimum(height, MAX_DIGIT_HEIGHT),
        aspect=aspect,
        slant=slant,
        stroke=np.clip(stroke, -160, 220),
        gap=gap * size // ONE,
        rise=rise,
        slope=_around(draws, 1, -160, 160)[:, 0],
        margin=_around(draws, 1, 2, 15)[:, 0],
        lift=_around(draws, 1, -4, 4)[:, 0],
    )


def fit_shapes(layout: Layout, boxes: Boxes) -> DigitShapes:
    """Return the shapes of the used digits, shrunk where a number would not fit into the image.

    Args:
        layout: layouts of N numbers.
        boxes: box around the ink of each digit of them, arrays ``(N, 12)``.
    """
    used = layout.used
    ink_width, ink_height = boxes.right - boxes.left, boxes.bottom - boxes.top
    # Enlarged by 1.6 at most, and not much wider than high: MNIST scaled wide digits to the same
    # width, so that their height is small.
    height = np.minimum(layout.height, ink_height * 410)
    width = ink_width * height // np.maximum(ink_height, 1) * layout.aspect // ONE
    width = np.clip(width, 2 * ONE, height * 5 // 4)
    reach = np.where(used, width + abs(layout.slant) * height // ONE, 0).sum(axis=1)
    room = WIDTH - _RIGHT_MARGIN - layout.margin - _STROKE_GROWTH * layout.lengths
    share = np.minimum(room * ONE * ONE // reach, ONE)[:, None]  # at most 1, in 1/256
    return DigitShapes(
        height=(height * share // ONE)[used],
        width=(width * share // ONE)[used],
        slant=layout.slant[used],
        stroke=layout.stroke[used],
    )


def place_digits(layout: Layout, heights: Integers, widths: Integers) -> tuple[Integers, Integers]:
    """Return top row and left column ``(N, 12)`` of each digit.

    Args:
        layout: layouts of N numbers.
        heights: rows ``(N, 12)`` of each digit's ink.
        widths: columns ``(N, 12)`` of each digit's ink.
    """
    gaps = _fit_gaps(layout, widths)
    ends = np.cumsum(np.where(layout.used, widths, 0) + gaps, axis=1)
    left = layout.margin[:, None] + ends - widths - gaps
    centers = left + widths // 2
    base = layout.rise + centers * layout.slope[:, None] // (4096 // ONE)
    top = (base >> 8) - heights
    highest = np.where(layout.used, top, HEIGHT).min(axis=1)
    lowest = np.where(layout.used, top + heights, -HEIGHT * WIDTH).max(axis=1)
    center = layout.lift + HEIGHT // 2 - (highest + lowest) // 2
    return np.clip(top + center[:, None], 1, HEIGHT - 1 - heights), left


def _fit_gaps(layout: Layout, widths: Integers) -> Integers:
    """Return columns ``(N, 12)`` after each digit, fewer where a number would not fit."""
    used = layout.used
    between = used & (np.arange(LONGEST) < layout.lengths[:, None] - 1)
    # An overlap takes at most a quarter of either digit, because one of a narrow 1 would hide it.
    following = np.roll(widths, -1, axis=1)
    gaps = np.maximum(layout.gap >> 8, -(np.minimum(widths, following) // 4))
    gaps = np.where(between, gaps, 0)
    room = WIDTH - _RIGHT_MARGIN - layout.margin - np.where(used, widths, 0).sum(axis=1)
    wide = np.maximum(gaps, 0)
    excess = np.maximum(gaps.sum(axis=1) - room, 0)
    kept = np.maximum(wide.sum(axis=1) - excess, 0)[:, None]
    fitted: Integers = gaps - wide + wide * kept // np.maximum(wide.sum(axis=1), 1)[:, None]
    return fitted


def _draws(seed: tuple[int, ...], count: int) -> Iterator[NDArray[np.uint64]]:
    """Yield raw draws ``(count, 12)`` without end."""
    generator = np.random.PCG64(seed)
    while True:
        yield generator.random_raw(count * LONGEST).reshape(count, LONGEST)


def _between(raw: NDArray[np.uint64], low: int, high: int) -> Integers:
    """Return integers from `low` to `high`, ends included, equally often."""
    # Of 32 bits, so that the product fits 64.
    return low + ((raw >> np.uint64(32)) * np.uint64(high - low + 1) >> np.uint64(32)).astype(
        np.int64
    )


def _around(draws: Iterator[NDArray[np.uint64]], columns: int, low: int, high: int) -> Integers:
    """Return integers ``(count, columns)`` from `low` to `high`, most often in the middle."""
    raw = next(draws)[:, :columns]
    # The mean of two draws, from both halves of the bits.
    return (_between(raw, low, high) + _between(raw << np.uint64(32), low, high)) >> 1
