"""Strokes of an image: the pixels whose contrast to the paper is that of ink."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from zoo_mnist.photos.arrays import Bytes, Floats, Mask
from zoo_mnist.photos.background import find_contrast, quantile
from zoo_mnist.photos.components import Components, find_components
from zoo_mnist.photos.lines import find_lines
from zoo_mnist.photos.morphology import dilate_mask

MIN_CONTRAST = 0.2
"""Minimum contrast of a stroke's pixels, relative to the strokes' upper quartile."""
MIN_PIXELS = 8
"""Rank of the pixel whose contrast counts as the peak: strokes have at least this many pixels."""
MIN_LEVELS = 12.0
"""Minimum contrast of strokes, in gray levels."""
MIN_RELATIVE_AREA = 0.04
"""Minimum area of a part's core relative to the largest one; smaller parts are specks."""
REMAINING = 0.06
"""Minimum side of writing without printed lines, relative to the longer side of the image."""
INNER_AREA = 0.1
"""Minimum area of what does not touch the edge, relative to what does, to be the writing alone."""
FAINT_LINE = 0.08
"""Minimum contrast of a printed line relative to strokes; parts of it may exceed MIN_CONTRAST."""
FAINT = 0.15
"""Minimum contrast of writing relative to that of what touches the edge."""


class Strokes(NamedTuple):
    """The strokes of an image.

    Attributes:
        strength: 0 for paper to 1 for ink, ``(H, W)``.
        lines: pixels of printed lines, which were removed.
        parts: the connected components of all pixels that are darker than paper.
        kept: the parts that are not specks.
        peak: contrast of full ink in gray levels.
        noise: standard deviation of the paper in gray levels.
    """

    strength: Floats
    lines: Mask
    parts: Components
    kept: Mask
    peak: float
    noise: float


class _Levels(NamedTuple):
    """Contrasts in gray levels: of full ink, of the core of strokes, of the faintest stroke."""

    full: float
    core: float
    floor: float


class _Layer(NamedTuple):
    """Ink, the levels of its strokes, and their parts."""

    ink: Floats
    levels: _Levels
    parts: Components


def find_strokes(image: Bytes, is_dark: bool, within: Mask | None = None) -> Strokes | None:
    """Return the strokes of an image ``(H, W)`` of a few hundred pixels; None without any.

    Args:
        image: gray levels.
        is_dark: whether ink is darker than paper.
        within: pixels that may be strokes, without printed lines; None for all.
    """
    ink, noise = find_contrast(image, is_dark)
    if within is not None:
        ink[~within] = 0
    layer = _layer(ink, noise)
    if layer is None:
        return None
    lines = np.zeros(ink.shape, np.bool_)
    if within is None:
        lines = find_lines(ink, max(FAINT_LINE * layer.levels.full, 2.5 * noise))
        layer = _without_lines(layer, lines, noise)
    layer = _without_edge(layer, noise)
    parts = layer.parts
    if not parts.cores.any():
        return None
    kept = parts.cores > MIN_RELATIVE_AREA * parts.cores.max()
    full, half_floor = layer.levels.full, layer.levels.floor / 2
    # From half the floor, so that the strokes' edges keep intermediate gray levels (antialiasing).
    strength = (layer.ink - half_floor) / (full - half_floor)
    # Dilated by one pixel, because those edges are just outside of the mask.
    strength[~dilate_mask(parts.pixels(kept))] = 0
    return Strokes(strength.clip(0, 1), lines, parts, kept, full, noise)


def stroke_width(strength: Floats) -> float:
    """Return the mean width of strokes in pixels: area divided by half the length of their outline.

    0 if there are no strokes.
    """
    inside = np.pad(strength > 0.4, 1)
    outline = np.diff(inside, axis=0).sum() + np.diff(inside, axis=1).sum()
    # Counting pixel edges overestimates the length of an outline in a random direction by 4 / pi.
    return 2 * float(inside.sum()) / (float(outline) * math.pi / 4) if outline else 0.0


def _layer(ink: Floats, noise: float) -> _Layer | None:
    levels = _levels(ink, noise)
    if levels is None:
        return None
    return _Layer(ink, levels, find_components(ink > levels.floor, ink > levels.core))


def _without_lines(layer: _Layer, lines: Mask, noise: float) -> _Layer:
    """Return a layer without printed lines, if anything remains that may be writing."""
    if not lines.any():
        return layer
    rest = _layer(np.where(lines, np.float32(0), layer.ink), noise)
    if rest is None:
        return layer
    # Otherwise, the lines are the writing, such as an angular zero.
    largest = rest.parts.sides[rest.parts.cores > 0].max(initial=0)
    return rest if largest > REMAINING * max(lines.shape) else layer


def _without_edge(layer: _Layer, noise: float) -> _Layer:
    """Return a layer without the parts at the image's edge, if they are not the writing."""
    parts = layer.parts
    at_edge = parts.at_edge > 0
    if not at_edge.any():
        return layer
    rest = _layer(np.where(dilate_mask(parts.pixels(at_edge)), np.float32(0), layer.ink), noise)
    if rest is None or rest.levels.full <= FAINT * layer.levels.full:
        return layer
    # Otherwise, a drawing fills its canvas, and the rest are specks.
    largest = INNER_AREA * parts.cores.max()
    return rest if rest.parts.cores.max(initial=0) > largest else layer


def _levels(ink: Floats, noise: float) -> _Levels | None:
    """Return the levels of strokes; None if nothing has the contrast of strokes."""
    if ink.size < MIN_PIXELS:
        return None
    # Not the maximum, because a few pixels may be dust or reflections. Of the darkest pixels
    # alone, because they are few.
    darkest = ink[ink > 0.5 * float(ink.max())]
    if len(darkest) < MIN_PIXELS:
        darkest = ink.ravel()
    peak = float(np.partition(darkest, -MIN_PIXELS)[-MIN_PIXELS])
    if peak < max(MIN_LEVELS, 5 * noise):
        return None
    full = quantile(ink[ink > 0.5 * peak], 0.75)
    # 3.5 standard deviations: of 16,384 pixels of Gaussian noise, about 4 are above it, as specks.
    return _Levels(full, 0.5 * peak, max(MIN_CONTRAST * full, 3.5 * noise))
