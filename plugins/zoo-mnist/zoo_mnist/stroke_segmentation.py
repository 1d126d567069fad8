"""Segmentation of strokes in a photo or a drawing, whatever its size, light and colors."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Floats = NDArray[np.float32]

SIDE = 128
"""Pixels of the longer side at which strokes are looked for: many times what a model sees."""
SMALL = 50
"""If the strokes are smaller than this there, they are looked at again, from nearer by."""
COARSE = 32
"""Pixels of the shorter side at which the paper is looked at, at least."""
MIN_CONTRAST = 0.2
"""What is weaker than this share of the strokes' own strength is not one of them."""
MIN_RELATIVE_AREA = 0.04
"""What is smaller than this share of the largest stroke is none."""
MIN_PIXELS = 8
"""Strokes have so many pixels at least."""
MIN_VALUES = 12.0
"""A contrast below this many levels of gray is nothing that anybody wrote."""


def find_strokes(image: NDArray[np.uint8]) -> Floats | None:
    """Return the strokes in gray levels ``(H, W)``, dark on light or light on dark; None if empty.

    They are float32, from 0, paper, to 1, just so large that all of them are in it.

    Paper may be unevenly lit: its gray is fitted with a quadratic surface. Strokes are what
    differs from it most, on the side where more does, without specks and without what stands in
    from the image's edge.
    """
    height, width = image.shape
    scale = max(1, round(max(height, width) / SIDE))
    found = _look(_reduce(image, scale))
    if found is None:
        return None
    strokes, top, left = found
    side = max(strokes.shape)
    if scale == 1 or side >= SMALL:
        return strokes
    rim = max(2, side // 2)
    rows, columns = (
        slice(max(0, start - rim) * scale, (start + size + rim) * scale)
        for start, size in zip((top, left), strokes.shape, strict=True)
    )
    near = image[rows, columns]
    nearer = _look(_reduce(near, max(1, round(max(near.shape) / SIDE))))
    return nearer[0] if nearer else strokes


def stroke_width(strokes: Floats) -> float:
    """Return how wide strokes are, in pixels: about their area by half their outline's length."""
    inside = np.pad(strokes > 0.4, 1)
    outline = np.diff(inside, axis=0).sum() + np.diff(inside, axis=1).sum()
    return 2 * float(inside.sum()) / (float(outline) * math.pi / 4) if outline else 0.0


def _reduce(image: NDArray[np.uint8], scale: int) -> Floats:
    picture = Image.fromarray(image)
    return np.asarray(picture.reduce(scale) if scale > 1 else picture, np.float32)


def _look(image: Floats) -> tuple[Floats, int, int] | None:
    """Return the strokes, and the row and column at which they begin."""
    contrast, noise = _contrast(image)
    peak = (
        float(np.partition(contrast, -MIN_PIXELS, axis=None)[-MIN_PIXELS])
        if contrast.size >= MIN_PIXELS
        else 0.0
    )
    strong = contrast > 0.5 * peak
    if not strong.any() or peak < max(MIN_VALUES, 5 * noise):
        return None
    peak = _quantile(contrast[strong], 0.75)
    floor = max(MIN_CONTRAST * peak, 3.5 * noise)
    strokes = _without_specks(contrast > floor, contrast > 0.5 * peak)
    if not strokes.any():
        return None
    rows, columns = ndimage.find_objects(strokes.astype(np.int8))[0]
    strength = (contrast[rows, columns] - floor / 2) / (peak - floor / 2)
    strength[~ndimage.binary_dilation(strokes[rows, columns])] = 0
    return strength.clip(0, 1).astype(np.float32), rows.start, columns.start


def _contrast(image: Floats) -> tuple[Floats, float]:
    """Return how far each pixel is on the strokes' side of the paper, and the paper's noise."""
    step = max(1, min(image.shape) // COARSE)
    coarse = image[::step, ::step]
    paper = np.ones(coarse.shape, bool)
    paper[1:-1, 1:-1] = False
    surface = np.array([_quantile(coarse[paper], 0.5)])
    # The frame tells how light the paper is, then all that is nearly as light, how it is lit.
    for terms in (3, 6):
        off = coarse - _values(surface, coarse.shape)
        noise = 1.4826 * _quantile(np.abs(off[paper]), 0.5)
        paper = np.abs(off) < max(3 * noise, 0.15 * float(np.abs(off).max()))
        if paper.sum() < 3 * terms:
            break
        basis = np.stack([term[paper] for term in _terms(coarse.shape)[:terms]]).astype(np.float64)
        # Least squares by normal equations; a trace of ridge, where all paper is in one row.
        squares = basis @ basis.T + 1e-6 * np.eye(terms)
        surface = np.linalg.solve(squares, basis @ coarse[paper])
    off = image - _values(surface, image.shape)
    noise = 1.4826 * _quantile(np.abs(off[::step, ::step][paper]), 0.5) if paper.any() else 0.0
    far = 0.5 * np.abs(off).max()
    return (off if (off > far).sum() >= (off < -far).sum() else -off), noise


def _quantile(values: Floats, share: float) -> float:
    """Return the value below which a share of them lie; several times as fast as NumPy's."""
    rank = min(int(share * values.size), values.size - 1)
    return float(np.partition(values, rank, axis=None)[rank])


def _values(surface: NDArray[np.float64], shape: tuple[int, ...]) -> Floats:
    """Return a surface's values, given one factor a term."""
    terms = zip(surface.tolist(), _terms(shape), strict=False)
    return sum((factor * term for factor, term in terms), np.zeros(shape, np.float32))


@lru_cache(maxsize=8)
def _terms(shape: tuple[int, int]) -> list[Floats]:
    """Return the terms of a quadratic surface of a height and width: constant, plane, curves."""
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in shape)
    y, x = np.meshgrid(y, x, indexing="ij")
    return [np.ones_like(x), x, y, x * y, x * x, y * y]


def _without_specks(mask: NDArray[np.bool_], core: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask without its parts that are small, have no core, or stand in from the edge."""
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), weights=core.ravel())
    sizes[0] = 0  # what is not in the mask
    inner = sizes.copy()
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        inner[edge] = 0
    # A drawing may fill its canvas: what touches the edge goes only where something else stays.
    if inner.max() > 0.1 * sizes.max():
        sizes = inner
    kept: NDArray[np.bool_] = (sizes > MIN_RELATIVE_AREA * sizes.max())[labels]
    return kept
