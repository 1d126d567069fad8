"""Symbols: digits and other signs, put together from the parts of strokes that belong together.

The bar of a 5 and the stem of a 4 are often separate strokes. Touching digits are one symbol.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_mnist.photos.arrays import Ints, Mask
from zoo_mnist.photos.components import Components
from zoo_mnist.photos.morphology import smallest_members

Floats = NDArray[np.float64]

MAX_PARTS = 600
"""Maximum number of parts that are put together; more are a texture."""
LARGE = 0.5
"""Minimum side of a part relative to the largest one, to count for the typical side."""
PIECE = 0.45
"""Maximum side of a piece of a symbol relative to the typical side; it joins what is near."""
NEAR = 0.2
"""Maximum distance of a piece from its symbol, relative to the typical side."""
BROKEN = 0.05
"""Maximum distance of two parts of any size of one symbol, relative to the typical side."""
ABOVE = 0.22
"""Maximum vertical distance of two parts of one symbol, relative to the height of both."""
BESIDE, UNEQUAL = 0.12, 0.75
"""Maximum horizontal distance of two parts beside each other that are one symbol, such as the two
strokes of a 4, relative to the typical side, and maximum ratio of their heights."""
FULL, FLAT = 0.7, 2.0
"""Minimum height of a full digit relative to the typical side; minimum ratio of width to height of
a bar. Two of either above each other are two symbols."""
ASIDE = 0.5
"""Minimum horizontal overlap of parts above each other, relative to the narrower one."""
SHARED = 0.3
"""Minimum share of the smaller box inside the other one, of two parts of one symbol."""
COMPARABLE = 0.45
"""Minimum height of a symbol relative to the typical one; lower ones are not digits."""
FRAME, RIM = 0.45, 0.2
"""Minimum side of a part relative to the frame around it, and width of the frame's rim relative to
its box."""
RIM_INK = 0.95
"""Minimum share of a frame's pixels that are in its rim."""


class Symbols(NamedTuple):
    """The symbols of an image.

    Attributes:
        boxes: top, left, bottom and right, ends exclusive, ``(N, 4)``.
        numbers: number of the symbol of each part, from 0; -1 for parts that are not in any.
        at_edge: number of pixels of each symbol at the image's edge.
    """

    boxes: Ints
    numbers: Ints
    at_edge: Ints

    def __len__(self) -> int:
        return len(self.boxes)


def find_symbols(parts: Components, kept: Mask) -> Symbols:
    """Return the symbols that some parts form, of comparable sizes.

    Args:
        parts: components of a mask of strokes.
        kept: the parts that are not specks.
    """
    chosen = np.flatnonzero(kept)
    if len(chosen) > MAX_PARTS:
        largest = np.argsort(-parts.cores[chosen], kind="stable")[:MAX_PARTS]
        chosen = np.sort(chosen[largest])
    chosen = chosen[~_frames(parts, chosen)]
    boxes = parts.boxes[chosen]
    groups, merged = np.arange(len(boxes)), boxes
    # Again with the merged boxes, because a broken stroke is near its symbol, not its parts.
    for broken in (True, False) if len(boxes) > 1 else ():
        members = np.unique(_group(merged, broken), return_inverse=True)[1]
        groups = members[groups]
        merged = _merge(merged, members)
    comparable = merged[:, 2] - merged[:, 0] >= COMPARABLE * typical_height(merged)
    renumbered = np.where(comparable, np.cumsum(comparable) - 1, -1)
    numbers = np.full(len(parts), -1, np.intp)
    numbers[chosen] = renumbered[groups]
    at_edge = np.zeros(int(comparable.sum()), np.intp)
    inside = numbers >= 0
    np.add.at(at_edge, numbers[inside], parts.at_edge[inside])
    return Symbols(merged[comparable], numbers, at_edge)


def _merge(boxes: Ints, groups: Ints) -> Ints:
    """Return the box around each group of boxes."""
    merged = np.empty((int(groups.max(initial=-1)) + 1, 4), np.intp)
    merged[:, :2], merged[:, 2:] = boxes.max(initial=0), 0
    np.minimum.at(merged[:, :2], groups, boxes[:, :2])
    np.maximum.at(merged[:, 2:], groups, boxes[:, 2:])
    return merged


def _group(boxes: Ints, broken: bool) -> Ints:
    """Return the smallest member of each part's group.

    Args:
        boxes: boxes of the parts.
        broken: whether parts beside each other may be one symbol.
    """
    typical = typical_side(boxes)
    sides = _sides(boxes).astype(float)
    down, right = _gaps(boxes, 0), _gaps(boxes, 1)
    heights, widths = (boxes[:, 2:] - boxes[:, :2]).T.astype(float)
    narrower = np.minimum.outer(widths, widths)
    # Negative gaps are overlaps.
    inside = np.maximum(-down, 0) * np.maximum(-right, 0)
    smaller = np.minimum.outer(heights * widths, heights * widths)
    joined = inside >= SHARED * smaller
    whole = heights[:, None] + heights + down
    stacked = (-right >= ASIDE * narrower) & (down <= ABOVE * whole)
    # Two full digits above each other are two, and so are the bars of an equals sign.
    both = np.minimum.outer(heights, heights) >= FULL * typical
    flat = widths > FLAT * heights
    joined |= stacked & ~both & ~(flat[:, None] & flat)
    piece = sides <= PIECE * typical
    distance = np.hypot(np.maximum(down, 0), np.maximum(right, 0))
    joined |= (distance <= NEAR * typical) & (piece[:, None] | piece)
    if broken:
        lower, higher = np.minimum.outer(heights, heights), np.maximum.outer(heights, heights)
        beside = (right <= BESIDE * typical) & (-down >= 0.5 * lower)
        joined |= beside & (lower <= UNEQUAL * higher)
        joined |= distance <= BROKEN * typical
    one, other = np.nonzero(np.triu(joined, 1))
    return smallest_members(len(boxes), one, other)


def typical_side(boxes: Ints) -> float:
    """Return the median longer side of the large boxes."""
    sides = _sides(boxes)
    return _typical(sides, sides)


def typical_height(boxes: Ints) -> float:
    """Return the median height of the large boxes."""
    return _typical(boxes[:, 2] - boxes[:, 0], _sides(boxes))


def _typical(values: Ints, sides: Ints) -> float:
    """Return the median value of the boxes with large sides; 0 without any."""
    if not len(sides):
        return 0.0
    large = np.sort(values[sides >= LARGE * sides.max()])
    return float(large[len(large) // 2])


def _sides(boxes: Ints) -> Ints:
    sides: Ints = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
    return sides


def _gaps(boxes: Ints, axis: int) -> Floats:
    """Return the distances between boxes along an axis, ``(N, N)``; negative if they overlap."""
    starts, ends = boxes[:, axis].astype(float), boxes[:, axis + 2].astype(float)
    gaps: Floats = np.maximum.outer(starts, starts) - np.minimum.outer(ends, ends)
    return gaps


def _frames(parts: Components, chosen: Ints) -> Mask:
    """Return the parts that surround another large one, such as a drawn rectangle."""
    if len(chosen) < 2:
        return np.zeros(len(chosen), np.bool_)
    boxes = parts.boxes[chosen]
    sides = _sides(boxes)
    inside = (boxes[:, None, :2] < boxes[None, :, :2]).all(axis=2)
    inside &= (boxes[:, None, 2:] > boxes[None, :, 2:]).all(axis=2)
    inside &= sides >= FRAME * sides[:, None]
    frames: Mask = np.asarray(inside.any(axis=1))
    for index in np.flatnonzero(frames).tolist():
        top, left, bottom, right = boxes[index].tolist()
        own = parts.labels[top:bottom, left:right] == chosen[index] + 1
        rim = max(1, round(RIM * min(own.shape)))
        middle = own[rim : own.shape[0] - rim, rim : own.shape[1] - rim]
        frames[index] = middle.sum() <= (1 - RIM_INK) * own.sum()
    return frames
