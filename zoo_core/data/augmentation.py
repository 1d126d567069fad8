"""Random augmentation of images: rotation, shear, scale, translation, flips, elastic distortion.

The core says where each pixel of a warped image is taken from; a trainer takes it, with its
framework's means. Elastic distortions are those of Simard, Steinkraus & Platt (2003), with random
movements at control points instead of at every pixel.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from zoo_core.recipes.recipe import WARP_FIELDS, Recipe
from zoo_core.system.random_numbers import uniform

Positions = NDArray[np.float32]
"""float32 ``(N, 2, H, W)``: x and y of where each pixel comes from, from the center, in pixels."""

_MATRICES, _CONTROLS, _MIRRORED = 1, 2, 3
"""Last numbers of the seeds, so that what is drawn for one does not repeat for the other."""


def draw_warps(
    recipe: Recipe,
    height: int,
    width: int,
    count: int,
    step: int,
    *,
    part: slice = slice(None),
) -> Positions | None:
    """Return how each image of a batch is warped, or None where the recipe asks for nothing.

    It depends on the recipe's seed, on `step` and on the place in the batch, and on nothing else.

    Args:
        recipe: says how much.
        height: of an image, in pixels.
        width: likewise.
        count: number of images N.
        step: number of the step, from 0.
        part: of the batch, for which alone it is wanted.
    """
    if not any(map(recipe.changed_from_default, WARP_FIELDS)):
        return None
    # Stacks of small products: NumPy makes those without its own threads, which would take the
    # cores from the framework's. One large product made a training 2.7 times slower.
    matrices = _draw_matrices(recipe, count, step)[part]
    positions: Positions = (matrices @ _grid(height, width)).reshape(-1, 2, height, width)
    if recipe.elastic:
        rows = _smoothing(height, recipe.elastic_sigma)
        columns = _smoothing(width, recipe.elastic_sigma)
        points = (count, 2, rows.shape[1], columns.shape[1])
        largest = np.float32(recipe.elastic * np.sqrt(3))  # of a uniform number so deviating
        controls = largest * _symmetric(points, recipe.seed, step, _CONTROLS)[part]
        positions += rows @ controls @ columns.T
    return positions


def _draw_matrices(recipe: Recipe, count: int, step: int) -> NDArray[np.float32]:
    """Return ``(N, 2, 3)``: what takes (x, y, 1) of a new pixel to the old one's (x, y)."""
    turn, slant, wide, high, right, down = _symmetric((6, count), recipe.seed, step, _MATRICES)
    angle, shear = np.radians(recipe.rotate) * turn, np.tan(np.radians(recipe.shear) * slant)
    cos, sin = np.cos(angle), np.sin(angle)
    x_scale, y_scale = (1 + recipe.scale) ** wide, (1 + recipe.scale) ** high
    rows = [
        [x_scale * cos, y_scale * (shear * cos - sin), recipe.translate * right],
        [x_scale * sin, y_scale * (shear * sin + cos), recipe.translate * down],
    ]
    matrices = np.ascontiguousarray(np.array(rows, np.float32).transpose(2, 0, 1))
    if recipe.flip:
        matrices[uniform((count,), recipe.seed, step, _MIRRORED) < recipe.flip, :, 0] *= -1
    return matrices


def _symmetric(shape: tuple[int, ...], *seed: int) -> NDArray[np.float32]:
    return np.float32(2) * uniform(shape, *seed) - np.float32(1)


@cache
def _grid(height: int, width: int) -> NDArray[np.float32]:
    """Return ``(3, H·W)``: x, y and 1 of every pixel, from the image's center."""
    y, x = np.mgrid[:height, :width].reshape(2, -1).astype(np.float32)
    return np.stack([x - (width - 1) / 2, y - (height - 1) / 2, np.ones_like(x)])


@cache
def _smoothing(size: int, sigma: float) -> NDArray[np.float32]:
    """Return ``(size, points)``: Gaussian weights of control points that are `sigma` apart.

    The squares of each row's weights add up to 1, so that independent movements of the points
    with some standard deviation move every pixel with the same.
    """
    points = np.arange(-sigma, size - 1 + 2 * sigma, sigma)
    weights: NDArray[np.float64] = np.exp(
        -(((np.arange(size)[:, np.newaxis] - points) / sigma) ** 2) / 2
    )
    weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
    return weights.astype(np.float32)
