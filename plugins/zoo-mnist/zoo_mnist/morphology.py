"""Morphology of small images: dilation, connected components, bounding box and center of mass.

The results are those of `scipy.ndimage`.
"""

# By hand, because importing scipy.ndimage takes longer than NumPy and Pillow together, 125 of the
# 470 ms of `zoo predict numpy-net photo.png`, and SciPy would be a dependency for this alone.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Indices = NDArray[np.intp]
    Floats = NDArray[np.float32]


def dilate(image: Floats, width: int) -> Floats:
    """Return each pixel's maximum over a square around it; `width` is odd."""
    for axis in (0, 1):  # one after the other, because a square's maximum is separable
        margin = [(width // 2, width // 2) if each == axis else (0, 0) for each in (0, 1)]
        padded = np.pad(image, margin, mode="edge")
        image = sliding_window_view(padded, width, axis).max(axis=-1)
    return image


def dilate_mask(mask: Mask) -> Mask:
    """Return a mask with the pixels above, below, left and right of it."""
    wider = mask.copy()
    wider[1:] |= mask[:-1]
    wider[:-1] |= mask[1:]
    wider[:, 1:] |= mask[:, :-1]
    wider[:, :-1] |= mask[:, 1:]
    return wider


def bounding_box(mask: Mask) -> tuple[slice, slice]:
    """Return the rows and columns from the first to the last pixel of a mask."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)).tolist() for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def center_of_mass(image: NDArray[Any]) -> tuple[float, float]:
    """Return row and column of the center of mass."""
    row, column = (
        (image * place.astype(np.float64)).sum() / image.sum()
        for place in np.ogrid[: image.shape[0], : image.shape[1]]
    )
    return float(row), float(column)


def label(mask: Mask) -> Indices:
    """Return the number of each pixel's connected component; 0 outside of the mask.

    Diagonal neighbors are connected. The numbers increase, but not by one.
    """
    height, width = mask.shape
    # A column of background, so that no run continues in the next row of the flat array.
    padded = np.zeros((height, width + 1), np.bool_)
    padded[:, :-1] = mask
    # Runs of pixels in a row, because there are far fewer runs than pixels.
    borders = np.flatnonzero(np.diff(padded.ravel(), prepend=False))
    starts, ends = borders[::2], borders[1::2]
    roots = _connect(len(starts), *_touching(starts, ends, width + 1))
    labels = np.zeros(padded.shape, np.intp)
    labels[padded] = np.repeat(roots + 1, ends - starts)
    return labels[:, :-1]


def _touching(starts: Indices, ends: Indices, stride: int) -> tuple[Indices, Indices]:
    """Return all pairs of runs that touch each other, those above and those below."""
    # Ends are exclusive, so these comparisons include diagonal neighbors.
    first = np.searchsorted(ends, starts + stride)
    counts = np.searchsorted(starts, ends + stride, side="right") - first
    above = np.repeat(np.arange(len(starts)), counts)
    within = np.arange(len(above)) - np.repeat(np.cumsum(counts) - counts, counts)
    return above, first[above] + within


def _connect(count: int, one: Indices, other: Indices) -> Indices:
    """Return the smallest member of each member's component, given all pairs of neighbors."""
    # Shiloach and Vishkin's algorithm: all pairs at once, in a few rounds.
    roots = np.arange(count)
    while True:
        smaller = np.minimum(roots[one], roots[other])
        found = roots.copy()
        for members in (one, other):
            np.minimum.at(found, roots[members], smaller)
        found = found[found]
        if np.array_equal(found, roots):
            return roots
        roots = found
