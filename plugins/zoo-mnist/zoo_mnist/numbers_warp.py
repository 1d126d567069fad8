"""Warps of single digits in fixed-point arithmetic: height, width, slant and stroke width.

All arithmetic is on integers, so that the images are the same on every machine and with every
version of NumPy: sums of floats may be fused or reordered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Images = NDArray[np.uint8]

ONE = 256
"""The number 1 in fixed point: sizes in 1/256 pixel, slants and shares in 1/256."""

INK = 48
"""Minimum level of a pixel that belongs to a stroke."""

_MARGIN = 3
"""Pixels around a warped digit, for blurred borders and for strokes that become wider."""

_STEP = 8
"""Granularity of the canvases: digits of similar sizes share one, in pixels."""

_FRAME = 2
"""Black pixels around a digit before it is warped."""

_POSITION_BITS = 16
"""Fraction bits of positions in a digit before it is warped."""


class DigitShapes(NamedTuple):
    """The shapes of D digits, one number each."""

    height: Integers
    """Height of the ink in 1/256 pixel."""
    width: Integers
    """Width of the ink in 1/256 pixel, before the slant."""
    slant: Integers
    """Columns to the right per row upwards, in 1/256."""
    stroke: Integers
    """Share of a dilation by one pixel (positive) or an erosion (negative), in 1/256."""

    def select(self, rows: Integers) -> DigitShapes:
        """Return the shapes of some digits."""
        return DigitShapes(*(values[rows] for values in self))


class Boxes(NamedTuple):
    """Boxes around the ink of D images, ends exclusive."""

    top: Integers
    left: Integers
    bottom: Integers
    right: Integers


def ink_boxes(images: Images) -> Boxes:
    """Return the box around the ink of each image ``(D, H, W)``; empty without ink."""
    rows, columns = images.max(axis=2) >= INK, images.max(axis=1) >= INK
    top, left = rows.argmax(axis=1), columns.argmax(axis=1)
    # Counted from the other end; a blank image ends where it begins.
    blank = ~rows[np.arange(len(rows)), top]
    bottom = np.where(blank, 0, rows.shape[1] - rows[:, ::-1].argmax(axis=1))
    right = np.where(blank, 0, columns.shape[1] - columns[:, ::-1].argmax(axis=1))
    return Boxes(top, left, bottom, right)


def warp_digits(
    digits: Images, boxes: Boxes, shapes: DigitShapes
) -> Iterator[tuple[Integers, Images]]:
    """Yield groups of warped digits of similar size: their rows in `digits`, and images.

    Args:
        digits: digits ``(D, H, W)``, light on black.
        boxes: box around the ink of each digit.
        shapes: new shape of each digit.
    """
    reach = shapes.width + abs(shapes.slant) * shapes.height // ONE
    rows, columns = (
        -(-size // (_STEP * ONE)) * _STEP + 2 * _MARGIN for size in (shapes.height, reach)
    )
    groups = rows * 1024 + columns
    # Sorted stably, because the order of a group follows from the digits alone.
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    for members in np.split(order, starts[1:]):
        canvas = int(rows[members[0]]), int(columns[members[0]])
        box = Boxes(*(edges[members] for edges in boxes))
        shape = shapes.select(members)
        yield members, _change_strokes(_resample(digits[members], box, shape, canvas), shape.stroke)


def _resample(digits: Images, boxes: Boxes, shapes: DigitShapes, canvas: tuple[int, int]) -> Images:
    """Return digits scaled and slanted on canvases, by bilinear interpolation."""
    height, width = canvas
    # Black pixels on every side: positions outside are clipped to them.
    framed = np.pad(digits, ((0, 0), (_FRAME, _FRAME), (_FRAME, _FRAME)))
    # One axis after the other, because the slant moves whole rows.
    scaled = _scale_rows(framed, boxes, shapes, height)
    return _scale_and_slant_columns(scaled, boxes, shapes, width)


def _scale_rows(framed: Images, boxes: Boxes, shapes: DigitShapes, height: int) -> Images:
    """Return digits with their height changed."""
    start, step = _positions(boxes.top, boxes.bottom, shapes.height)
    y: Integers = start[:, None] + np.arange(height) * step[:, None]
    y = y.clip(0, (framed.shape[1] - 2) << _POSITION_BITS)
    above, share = y >> _POSITION_BITS, (y >> (_POSITION_BITS - 8)).astype(np.uint8)
    each = np.arange(len(framed))[:, None]
    return _mix(framed[each, above], framed[each, above + 1], share[:, :, None])


def _scale_and_slant_columns(
    framed: Images, boxes: Boxes, shapes: DigitShapes, width: int
) -> Images:
    """Return digits with their width and slant changed."""
    count, height, source_width = framed.shape
    start, step = _positions(boxes.left, boxes.right, shapes.width)
    # The lowest row stays in place with a positive slant, the top row with a negative one, so that
    # no digit begins left of the margin.
    slant, last = shapes.slant[:, None], (shapes.height // ONE)[:, None]
    rows = np.arange(_MARGIN, _MARGIN - height, -1)
    shift: Integers = slant * (last * (slant > 0) + rows)
    # 32 bits are enough and take half of the time.
    first = (start[:, None] - (shift * step[:, None] >> 8)).astype(np.int32)
    x = np.arange(width, dtype=np.int32) * step.astype(np.int32)[:, None]
    x = first[:, :, None] + x[:, None, :]
    np.clip(x, 0, (source_width - 2) << _POSITION_BITS, out=x)
    share = (x >> (_POSITION_BITS - 8)).astype(np.uint8)
    # A pixel and its right neighbor as one number of 16 bits: one look-up instead of two.
    pairs = framed[:, :, :-1] | framed[:, :, 1:].astype(np.uint16) << 8
    lines = np.arange(count * height, dtype=np.int32).reshape(count, height, 1)
    found = pairs.ravel().take((x >> _POSITION_BITS) + lines * (source_width - 1))
    return _mix(found & 255, found >> 8, share)


def _positions(starts: Integers, ends: Integers, sizes: Integers) -> tuple[Integers, Integers]:
    """Return the source position of a canvas's first pixel, and the step to the next.

    Args:
        starts: first pixel of the ink.
        ends: last pixel of the ink, exclusive.
        sizes: new size of the ink in 1/256 pixel.
    """
    step = ((ends - starts) << (_POSITION_BITS + 8)) // sizes
    # A pixel's center is half a pixel from its edge, in the source as on the canvas.
    corner = ((starts + _FRAME) << _POSITION_BITS) - (1 << (_POSITION_BITS - 1))
    return corner + step // 2 - _MARGIN * step, step


def _mix(first: NDArray[Any], second: NDArray[Any], share: NDArray[np.uint8]) -> Images:
    """Return levels between two, by a share of the second in 1/256, rounded."""
    # At most 255 · 256 + 128, which fits 16 bits.
    wide = share.astype(np.uint16)
    mixed = first * (ONE - wide)
    mixed += second * wide
    mixed += 128
    mixed >>= 8
    return mixed.astype(np.uint8)


def _change_strokes(images: Images, stroke: Integers) -> Images:
    """Return images with wider or narrower strokes, by a share per image in 1/256."""
    wide, narrow = images.copy(), images.copy()
    # A pixel and its four neighbors; the border is black.
    for to, source in (
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:, :, 1:], np.s_[:, :, :-1]),
        (np.s_[:, :, :-1], np.s_[:, :, 1:]),
    ):
        np.maximum(wide[to], images[source], out=wide[to])
        np.minimum(narrow[to], images[source], out=narrow[to])
    other = np.where((stroke > 0)[:, None, None], wide, narrow)
    return _mix(images, other, abs(stroke).astype(np.uint8)[:, None, None])
