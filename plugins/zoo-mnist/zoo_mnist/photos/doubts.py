"""Doubts: reasons to refuse writing by its shape, as phrases.

The limits are wider than those of 99.9 % of the digits on synthetic pages of training digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_mnist.photos.strokes import stroke_width
from zoo_mnist.photos.writing import Writing

Floats = NDArray[np.float32]

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
TEXTURE = 150
"""Minimum number of symbols of a texture or a page of text."""


def doubt_about_digit(writing: Writing, strength: Floats) -> str:
    """Return the doubt about a single digit, given its strokes; empty for none."""
    return doubt_about_shape(strength) or doubt_about(writing)


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
    side, pen = max(height, width), stroke_width(strength)
    if not pen:
        return "not like handwriting: too faint"
    if width > WIDE * height:
        return "not like a digit: much wider than high"
    if np.count_nonzero(strength > 0.4) > LONG * pen * side:
        return "not like handwriting: too many strokes, as of a picture or a pattern"
    if pen > THICK * side:
        return "not like handwriting: a filled shape"
    if _is_cross(strength):
        return "not like a digit: a cross or a star"
    return ""


def _is_cross(strength: Floats) -> bool:
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
    if not writing.symbols.at_edge[symbol]:
        return False
    box, size = writing.box(symbol), writing.size
    reach = writing.scale  # the last pixel of the strokes may be incomplete
    for start, end, whole in ((box.top, box.bottom, size[0]), (box.left, box.right, size[1])):
        free = CUT * (end - start)
        if (start <= 0 and whole - end >= free) or (end + reach > whole and start >= free):
            return True
    return False
