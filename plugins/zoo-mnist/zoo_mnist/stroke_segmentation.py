"""Segmentation of strokes in photos and drawings of any size, lighting and polarity."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_mnist.morphology import bounding_box, dilate_mask, label

Floats = NDArray[np.float32]

SIDE = 128
"""Approximate longer side, in pixels, at which strokes are segmented; models use 28 to 42."""
SMALL = 50
"""Minimum side of strokes at that scale; smaller ones are segmented again at a larger scale."""
COARSE = 32
"""Minimum shorter side, in pixels, of the subsampled image to which the paper is fitted."""
MIN_CONTRAST = 0.2
"""Minimum contrast of a stroke's pixels, relative to the strokes' upper quartile."""
MIN_RELATIVE_AREA = 0.04
"""Minimum area of a part's core relative to the largest one; smaller parts are specks."""
MIN_PIXELS = 8
"""Rank of the pixel whose contrast counts as the peak: strokes have at least this many pixels."""
MIN_VALUES = 12.0
"""Minimum contrast of strokes, in gray levels."""


def find_strokes(image: NDArray[np.uint8]) -> Floats | None:
    """Return the strokes of an image, dark on light or light on dark; None if not found.

    They are float32 ``(H, W)``, from 0 for paper to 1, cropped to their bounding box.

    Paper may be unevenly lit: its gray levels are fitted with a quadratic surface. Strokes are the
    pixels that differ most from it, on the side (darker or lighter) that has more such pixels.
    Specks are removed, and so are parts that touch the image's edge, such as a table's border.
    """
    height, width = image.shape
    scale = max(1, round(max(height, width) / SIDE))
    found = _segment(_reduce(image, scale))
    if found is None:
        return None
    strokes, top, left = found
    side = max(strokes.shape)
    # A small digit in a large photo has few pixels at this scale, so its surroundings are cropped
    # from the full image and segmented again: coarse to fine, at the cost of one more pass.
    if scale == 1 or side >= SMALL:
        return strokes
    rim = max(2, side // 2)  # paper around the strokes, which the surface is fitted to
    rows, columns = (
        slice(max(0, start - rim) * scale, (start + size + rim) * scale)
        for start, size in zip((top, left), strokes.shape, strict=True)
    )
    near = image[rows, columns]
    nearer = _segment(_reduce(near, max(1, round(max(near.shape) / SIDE))))
    return nearer[0] if nearer else strokes


def stroke_width(strokes: Floats) -> float:
    """Return the mean width of strokes in pixels: area divided by half the length of their outline.

    0 if there are no strokes.
    """
    inside = np.pad(strokes > 0.4, 1)
    outline = np.diff(inside, axis=0).sum() + np.diff(inside, axis=1).sum()
    # Counting pixel edges overestimates the length of an outline in a random direction by 4 / pi.
    return 2 * float(inside.sum()) / (float(outline) * math.pi / 4) if outline else 0.0


def _reduce(image: NDArray[np.uint8], scale: int) -> Floats:
    # A box filter by an integer factor: fast, and the mean of pixels also reduces their noise.
    picture = Image.fromarray(image)
    return np.asarray(picture.reduce(scale) if scale > 1 else picture, np.float32)


def _segment(image: Floats) -> tuple[Floats, int, int] | None:
    """Return the strokes, and the row and column of their upper left corner."""
    contrast, noise = _contrast(image)
    # Not the maximum, because a few pixels may be dust or reflections.
    peak = (
        float(np.partition(contrast, -MIN_PIXELS, axis=None)[-MIN_PIXELS])
        if contrast.size >= MIN_PIXELS
        else 0.0
    )
    strong = contrast > 0.5 * peak
    if not strong.any() or peak < max(MIN_VALUES, 5 * noise):
        return None
    peak = _quantile(contrast[strong], 0.75)
    # 3.5 standard deviations: of 16,384 pixels of Gaussian noise, about 4 are above it, as specks.
    floor = max(MIN_CONTRAST * peak, 3.5 * noise)
    strokes = _without_specks(contrast > floor, contrast > 0.5 * peak)
    if not strokes.any():
        return None
    rows, columns = bounding_box(strokes)
    # From half the floor, so that the strokes' edges keep intermediate gray levels (antialiasing).
    strength = (contrast[rows, columns] - floor / 2) / (peak - floor / 2)
    # Dilated by one pixel, because those edges are just outside of the mask.
    strength[~dilate_mask(strokes[rows, columns])] = 0
    return strength.clip(0, 1).astype(np.float32), rows.start, columns.start


def _contrast(image: Floats) -> tuple[Floats, float]:
    """Return each pixel's contrast to the paper, positive for strokes, and the paper's noise."""
    # Subsampled rather than averaged, so that the noise keeps its standard deviation.
    step = max(1, min(image.shape) // COARSE)
    coarse = image[::step, ::step]
    paper = np.ones(coarse.shape, bool)
    paper[1:-1, 1:-1] = False  # only the frame, on which strokes are rare
    surface = np.array([_quantile(coarse[paper], 0.5)])
    # Robust regression: the frame's median is the first surface; then all pixels near the surface
    # count as paper, and a plane and a quadratic surface are fitted to them.
    for terms in (3, 6):
        residual = coarse - _values(surface, coarse.shape)
        # The median absolute deviation, scaled to the standard deviation of a normal distribution.
        noise = 1.4826 * _quantile(np.abs(residual[paper]), 0.5)
        paper = np.abs(residual) < max(3 * noise, 0.15 * float(np.abs(residual).max()))
        if paper.sum() < 3 * terms:
            break  # too few pixels for a stable fit; the previous surface stays
        basis = np.stack([term[paper] for term in _terms(coarse.shape)[:terms]]).astype(np.float64)
        # Least squares by normal equations, which is faster than lstsq for 6 unknowns. The small
        # ridge keeps the matrix invertible if all paper is in one row.
        squares = basis @ basis.T + 1e-6 * np.eye(terms)
        surface = np.linalg.solve(squares, basis @ coarse[paper])
    residual = image - _values(surface, image.shape)
    noise = 1.4826 * _quantile(np.abs(residual[::step, ::step][paper]), 0.5) if paper.any() else 0.0
    # Strokes are darker or lighter than paper: the side with more pixels far from it is theirs.
    far = 0.5 * np.abs(residual).max()
    return (residual if (residual > far).sum() >= (residual < -far).sum() else -residual), noise


def _quantile(values: Floats, share: float) -> float:
    """Return a quantile of values, without interpolation."""
    # np.quantile takes about ten times as long for 16,384 values.
    rank = min(int(share * values.size), values.size - 1)
    return float(np.partition(values, rank, axis=None)[rank])


def _values(surface: NDArray[np.float64], shape: tuple[int, ...]) -> Floats:
    """Return a surface's values ``(H, W)``, given one factor per term."""
    # Not strict: a constant or a plane has fewer factors than there are terms.
    terms = zip(surface.tolist(), _terms(shape), strict=False)
    return sum((factor * term for factor, term in terms), np.zeros(shape, np.float32))


@lru_cache(maxsize=8)  # because images of one batch usually share their size
def _terms(shape: tuple[int, int]) -> list[Floats]:
    """Return the terms of a quadratic surface, each ``(H, W)``: constant, linear, quadratic."""
    # Coordinates from -1 to 1, because the normal equations of pixel indices are ill-conditioned.
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in shape)
    y, x = np.meshgrid(y, x, indexing="ij")
    return [np.ones_like(x), x, y, x * y, x * x, y * y]


def _without_specks(mask: NDArray[np.bool_], core: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask without its parts that are small, have no core, or touch the image's edge."""
    labels = label(mask)
    # The size of a part is its number of core pixels, so a large faint shadow counts as small.
    sizes = np.bincount(labels.ravel(), weights=core.ravel())
    sizes[0] = 0  # label 0 is the background
    inner = sizes.copy()
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        inner[edge] = 0
    # Because a drawing may fill its canvas, parts at the edge are removed only if a large part
    # remains.
    if inner.max() > 0.1 * sizes.max():
        sizes = inner
    # Indexing by `labels` turns one boolean per part into one per pixel.
    kept: NDArray[np.bool_] = (sizes > MIN_RELATIVE_AREA * sizes.max())[labels]
    return kept
