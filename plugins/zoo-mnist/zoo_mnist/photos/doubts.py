"""Doubts: reasons to refuse writing by its shape, as phrases.

The limits are wider than those of 99.9 % of the digits on synthetic pages of training digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

from zoo_mnist import familiarity
from zoo_mnist.photos.arrays import Floats
from zoo_mnist.photos.normalize import FAINT, digit_image, trim
from zoo_mnist.photos.strokes import stroke_width
from zoo_mnist.photos.writing import Writing

CROSS = "not like a digit: a cross or a star"
Border = Callable[[int], tuple[int | slice, int | slice]]

LONG = 4.5
"""Maximum length of a digit's strokes, relative to its longer side."""
WIDE = 2.0
"""Maximum width of a digit relative to its height."""
THICK = 0.34
"""Maximum width of a digit's strokes, relative to its longer side."""
TURNED, CENTER, COARSE = 0.55, 0.2, 16
"""Minimum correlation of a cross or a star with itself after a quarter turn, at a side of so many
pixels, and minimum share of ink in its middle."""
CUT = 0.5
"""Minimum free space on the far side of a symbol that touches the image's edge, relative to its
size: a drawing that fills its canvas is not cut."""
UNCUT = 64
"""Minimum longer side of an image that may cut a symbol: a smaller one is a drawing of a digit that
is not centered, and a pixel is as wide as the rim of its strokes."""
INKED = 0.7
"""Minimum strength of strokes that are cut."""
DIGIT_WIDTH = 0.6
"""Width of a digit relative to its height, to estimate the number of touching digits."""
SINGLE, TOUCHING, PARTS = 1.2, 0.7, 24
"""Maximum width of a single digit relative to its height, width of one of several that touch, and
maximum number of parts into which a symbol is cut."""
FAMILIAR = 0.3
"""Minimum familiarity of a digit, that of 99 % of MNIST's digits."""
SIGNS = 0.51
"""Minimum share of unfamiliar symbols of what is not a number; one of many digits is unusual."""
TEXTURE = 150
"""Minimum number of symbols of a texture or a page of text."""


def doubt_about_digit(writing: Writing, strength: Floats) -> str:
    """Return the doubt about a single digit, given its strokes; empty for none."""
    return doubt_about_shape(strength) or doubt_about(writing)


def doubt_about_pair(writing: Writing, symbols: Sequence[Floats]) -> str:
    """Return the doubt about two digits, given the strokes of their symbols; empty for none."""
    if len(symbols) == 1:
        doubt = _doubt_about_overlap(symbols[0])
    else:
        doubt = next(filter(None, map(doubt_about_shape, symbols)), "")
    return doubt or doubt_about(writing)


def _doubt_about_overlap(strength: Floats) -> str:
    doubt = doubt_about_strokes(strength, 2 * max(strength.shape))
    return doubt or (CROSS if is_cross(strength) else "")


def doubt_about(writing: Writing) -> str:
    """Return the doubt about all writing of an image; empty for none."""
    symbols = range(len(writing.symbols))
    if len(symbols) >= TEXTURE:
        return f"not like digits: {len(symbols)} signs or more, as of a page of text or a pattern"
    if any(_is_cut(writing, symbol) for symbol in symbols):
        return "cut at the edge"
    return ""


def doubt_about_shape(strength: Floats) -> str:
    """Return the doubt about the strokes of a symbol, ``(H, W)``; empty for none."""
    height, width = strength.shape
    if width > WIDE * height:
        return "not like a digit: much wider than high"
    if doubt := doubt_about_strokes(strength, max(height, width)):
        return doubt
    return CROSS if is_cross(strength) else ""


def doubt_about_number(symbols: Sequence[Floats]) -> str:
    """Return the doubt about the strokes of a number's symbols; empty for none."""
    for strength in symbols:
        height, width = strength.shape
        digits = max(1.0, width / (DIGIT_WIDTH * height))
        if doubt := doubt_about_strokes(strength, round(digits * height)):
            return doubt
    if np.mean([not _has_digit(each) for each in symbols]) >= SIGNS:
        return "not like digits: letters or other signs"
    return ""


def _has_digit(strength: Floats) -> bool:
    """Return whether a symbol is a familiar digit, or touching ones, one of them familiar."""
    parts = np.stack([digit_image(part) for part in _cut(strength)])
    return bool((familiarity.mnist(parts) >= FAMILIAR).any())


def _cut(strength: Floats) -> list[Floats]:
    """Return the digits of a symbol, which may be several that touch, cut where ink is least."""
    height, width = strength.shape
    if width <= SINGLE * height:
        return [strength]
    count = min(max(2, round(width / (TOUCHING * height))), PARTS, width)
    ink, reach = strength.sum(axis=0), width // (3 * count)
    middles = [width * number // count for number in range(1, count)]
    places = [each - reach + int(ink[each - reach : each + reach + 1].argmin()) for each in middles]
    parts = np.split(strength, places, axis=1)
    return [trim(part) for part in parts if (part > FAINT).any()]


def doubt_about_strokes(strength: Floats, side: int) -> str:
    """Return the doubt about strokes, given the sum of the sides of their digits."""
    pen = stroke_width(strength)
    if not pen:
        return "not like handwriting: too faint"
    if np.count_nonzero(strength > 0.4) > LONG * pen * side:
        return "not like handwriting: too many strokes, as of a picture or a pattern"
    if pen > THICK * max(strength.shape):
        return "not like handwriting: a filled shape"
    return ""


def is_cross(strength: Floats) -> bool:
    """Return whether strokes meet in the middle, and are similar after a quarter turn."""
    middle = tuple(slice(3 * side // 8, 5 * side // 8 + 1) for side in strength.shape)
    if strength[middle].mean() < CENTER:
        return False
    picture = Image.fromarray(strength).resize((COARSE, COARSE), Image.Resampling.BOX)
    ink = np.asarray(picture, np.float32)
    ink = ink - ink.mean()
    return float((ink * np.rot90(ink)).sum()) > TURNED * float((ink**2).sum())


def _is_cut(writing: Writing, symbol: int) -> bool:
    """Return whether the image's edge cuts a symbol."""
    if max(writing.size) < UNCUT or not writing.symbols.at_edge[symbol]:
        return False
    edges = np.zeros(writing.strokes.strength.shape, np.bool_)
    for start, end, whole, border in _sides(writing, symbol):
        free = CUT * (end - start)
        # The last pixel of the strokes may be incomplete.
        edges[border(0)] |= start <= 0 and whole - end >= free
        edges[border(-1)] |= end + writing.scale > whole and start >= free
    # Full ink, because the faint rim of a stroke that ends at the edge touches it, too.
    return bool((writing.strokes.strength[edges & writing.mask([symbol])] >= INKED).any())


def _sides(writing: Writing, symbol: int) -> Iterator[tuple[int, int, int, Border]]:
    """Yield start and end of a symbol, the image's size, and the index of borders, per axis."""
    box, (height, width) = writing.box(symbol), writing.size
    yield box.top, box.bottom, height, lambda place: (place, slice(None))
    yield box.left, box.right, width, lambda place: (slice(None), place)
