"""Writing in an image of any size: its strokes and symbols, found coarsely and then finely."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from zoo_core import Box
from zoo_mnist.photos.arrays import Bytes, Floats, Mask
from zoo_mnist.photos.background import is_dark_ink
from zoo_mnist.photos.morphology import dilate_mask
from zoo_mnist.photos.strokes import Strokes, find_strokes
from zoo_mnist.photos.symbols import Symbols, find_symbols, typical_height

SIDE = 256
"""Approximate longer side, in pixels, at which writing is found."""
MEDIUM = 1000
"""Minimum longer side of the smaller copy of a large image."""
SMALL, FINE = 50, 80
"""Minimum height of symbols at that scale, and the height at which lower ones are found again."""
MAX_FINE = 300_000
"""Maximum number of pixels at the finer scale."""
FILLED, COVERED, NARROW, LEAST = 0.5, 0.82, 0.35, 20
"""Minimum share of its box that a piece of paper fills, and between its outermost pixels; minimum
ratio of width to height, and minimum shorter side. The outline of a zero covers 0.79 of its box."""
INSET = 0.04
"""Width of the rim of a piece of paper that is left out, relative to its shorter side."""


ALL = slice(None), slice(None)


class Writing(NamedTuple):
    """Writing that was found in a part of an image, at a scale.

    Attributes:
        strokes: the strokes of the part, reduced by the scale.
        symbols: the symbols that they form.
        is_dark: whether ink is darker than paper.
        scale: number of the image's pixels per pixel of the strokes.
        top: first row of the part in the image.
        left: first column of the part in the image.
        size: height and width of the image.
    """

    strokes: Strokes
    symbols: Symbols
    is_dark: bool
    scale: int
    top: int
    left: int
    size: tuple[int, int]

    def box(self, symbol: int) -> Box:
        """Return the place of a symbol in the image."""
        top, left, bottom, right = (self.scale * self.symbols.boxes[symbol]).tolist()
        height, width = self.size
        return Box(
            top + self.top,
            left + self.left,
            min(bottom + self.top, height),
            min(right + self.left, width),
        )

    def strength(self, symbols: Sequence[int]) -> Floats:
        """Return the strokes of some symbols, cropped to their box: 0 for paper to 1 for ink."""
        boxes = self.symbols.boxes[symbols]
        top, left = boxes[:, :2].min(axis=0).tolist()
        bottom, right = boxes[:, 2:].max(axis=0).tolist()
        window = slice(top, bottom), slice(left, right)
        # With the faint pixels at the edges of strokes.
        near = dilate_mask(self.mask(symbols, window))
        return np.where(near, self.strokes.strength[window], np.float32(0))

    def mask(self, symbols: Sequence[int], window: tuple[slice, slice] = ALL) -> Mask:
        """Return the pixels of some symbols in a window, ``(H, W)``."""
        chosen = np.zeros(len(self.symbols) + 1, np.bool_)
        chosen[symbols] = True
        # A part without a symbol has the number -1, the last entry.
        of_parts = np.concatenate([[False], chosen[self.symbols.numbers]])
        return of_parts[self.strokes.parts.labels[window]]


class _Photo(NamedTuple):
    """An image, and a smaller copy of it, because reading all pixels of a large one takes long.

    Attributes:
        full: the image ``(H, W)``.
        reduced: the image reduced by `unit`; the image itself if `unit` is 1.
        unit: factor of the reduced image.
    """

    full: Bytes
    reduced: Bytes
    unit: int

    @classmethod
    def of(cls, image: Bytes) -> _Photo:
        unit = max(1, max(image.shape) // MEDIUM)
        return cls(image, _reduce(image, unit, (0, 0, *image.shape)), unit)


class _Part(NamedTuple):
    """A rectangle of a photo, and the scale at which it is searched."""

    photo: _Photo
    rows: slice
    columns: slice
    scale: int

    def pixels(self) -> Bytes:
        full, reduced, unit = self.photo
        corners = self.rows.start, self.columns.start, self.rows.stop, self.columns.stop
        if any(each % unit for each in (self.scale, *corners[:2])):
            return _reduce(full, self.scale, corners)
        top, left, bottom, right = (-(-each // unit) for each in corners)
        return _reduce(reduced, self.scale // unit, (top, left, bottom, right))


def _reduce(image: Bytes, scale: int, corners: tuple[int, int, int, int]) -> Bytes:
    """Return a rectangle of an image, reduced: top, left, bottom and right, ends exclusive."""
    top, left, bottom, right = corners
    if scale == 1:
        return image[top:bottom, left:right]
    # A box filter by an integer factor: fast, and the mean of pixels also reduces their noise.
    picture = Image.fromarray(image).reduce(scale, (left, top, right, bottom))
    return np.asarray(picture, np.uint8)


def find_writing(image: Bytes) -> Writing | None:
    """Return the writing in an image ``(H, W)``; None without any."""
    photo = _Photo.of(image)
    height, width = image.shape
    scale = photo.unit * max(1, round(max(photo.reduced.shape) / SIDE))
    found = _find(_Part(photo, slice(0, height), slice(0, width), scale))
    if found is None:
        return None
    if (inside := _inside_paper(found, photo)) is not None:
        found = inside
    # Small symbols have few pixels at this scale, so their surroundings are cropped from the full
    # image and searched again: coarse to fine, at the cost of one more pass.
    height = typical_height(found.symbols.boxes)
    if found.scale > 1 and height < SMALL:
        found = _refine(found, photo, height) or found
    return found


def _find(part: _Part, is_dark: bool | None = None, within: Mask | None = None) -> Writing | None:
    pixels = part.pixels()
    if is_dark is None:
        is_dark = is_dark_ink(pixels)
    strokes = find_strokes(pixels, is_dark, within)
    if strokes is None:
        return None
    symbols = find_symbols(strokes.parts, strokes.kept)
    if not len(symbols):
        return None
    height, width = part.photo.full.shape
    return Writing(
        strokes, symbols, is_dark, part.scale, part.rows.start, part.columns.start, (height, width)
    )


def _refine(found: Writing, photo: _Photo, height: float) -> Writing | None:
    """Return the writing at a finer scale."""
    boxes, scale = found.symbols.boxes, found.scale
    rim = max(2, round(height / 2))  # paper around the strokes
    # In pixels of the coarse strokes, and then of the image.
    top, left = (max(0, int(boxes[:, axis].min()) - rim) for axis in (0, 1))
    bottom, right = (int(boxes[:, axis].max()) + rim for axis in (2, 3))
    rows = slice(top * scale + found.top, min(bottom * scale + found.top, photo.full.shape[0]))
    columns = slice(left * scale + found.left, min(right * scale + found.left, photo.full.shape[1]))
    area = (rows.stop - rows.start) * (columns.stop - columns.start)
    finest = math.ceil(math.sqrt(area / MAX_FINE))
    wanted = max(1, finest, int(scale * height / FINE))
    # A multiple of the reduced image's factor, if it is not finer than that.
    part = _Part(photo, rows, columns, wanted // photo.unit * photo.unit or wanted)
    if part.scale >= scale:
        return None
    # Only near the strokes that were found, because printed lines are recognized at the coarse
    # scale, at which they are long.
    strokes = found.mask(range(len(boxes)))
    near = dilate_mask(dilate_mask(strokes)) & ~dilate_mask(found.strokes.lines) | strokes
    shape = [-(-(each.stop - each.start) // part.scale) for each in (rows, columns)]
    down, across = (
        np.minimum((np.arange(size) * part.scale + part.scale // 2) // scale + first, last - 1)
        for size, first, last in zip(shape, (top, left), near.shape, strict=True)
    )
    return _find(part, found.is_dark, near[down[:, None], across])


def _inside_paper(found: Writing, photo: _Photo) -> Writing | None:
    """Return the writing on a piece of paper, if the only symbol is one.

    The paper is darker or lighter than its surroundings, such as a desk, and fills a rectangle.
    """
    if len(found.symbols) != 1:
        return None
    top, left, bottom, right = found.symbols.boxes[0].tolist()
    height, width = bottom - top, right - left
    # A high and narrow one may be a one.
    if min(height, width) < LEAST or width < NARROW * height:
        return None
    mask = found.mask([0], (slice(top, bottom), slice(left, right)))
    if mask.mean() < FILLED or min(_covered(mask), _covered(mask.T)) < COVERED:
        return None
    box = found.box(0)
    inset = max(found.scale, round(INSET * min(box.bottom - box.top, box.right - box.left)))
    rows = slice(box.top + inset, box.bottom - inset)
    columns = slice(box.left + inset, box.right - inset)
    longest = max(rows.stop - rows.start, columns.stop - columns.start)
    return _find(_Part(photo, rows, columns, max(1, round(longest / SIDE))))


def _covered(mask: Mask) -> float:
    """Return the share of a mask's box between the first and last pixels of its rows."""
    first, last = mask.argmax(axis=1), mask[:, ::-1].argmax(axis=1)
    between = np.where(mask.any(axis=1), mask.shape[1] - last - first, 0)
    share: float = float(between.sum()) / mask.size
    return share
