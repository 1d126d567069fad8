"""Random warps of images: rotation, shear, scale, translation, crops, flips, elastic distortion.

The core draws the source position of each pixel; a trainer resamples the images there with its
framework.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.augmentation.draws import Draw, Places, draw, draw_symmetric
from zoo_core.data.augmentation.operations import draw_operations, move_matrices
from zoo_core.data.augmentation.rectangles import crop_matrices
from zoo_core.recipes.fields.augmentation import WARP_FIELDS
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.blas import one_blas_thread

Positions = NDArray[np.float32]
"""float32 ``(N, 2, H, W)``: x and y of each pixel's source, in pixels from the image's center."""

MOVING_OPERATIONS = ("randaugment", "trivialaugment")
"""Fields of random operations, some of which are part of a warp."""


def draw_warps(
    recipe: Recipe,
    shape: Sequence[int],
    count: int,
    step: int,
    *,
    part: Places = slice(None),
) -> Positions | None:
    """Return the warp of each image of a batch, or None for a recipe without warps.

    The result depends only on the recipe, on `step` and on the image's place in the batch.

    Args:
        recipe: strengths of the warps, and the seed.
        shape: shape of an input; channels, height and width for a recipe with warps.
        count: number of images N.
        step: number of the step, from 0.
        part: places in the batch to return.
    """
    if not any(map(recipe.changed_from_default, (*WARP_FIELDS, *MOVING_OPERATIONS))):
        return None
    _, height, width = shape
    # All `count` are drawn and then sliced, so that several processes, each with a part of the
    # batch, draw the same warps as one process.
    matrices = _draw_matrices(recipe, shape, count, step)[part]
    with one_blas_thread():
        # (N, 2, 3) @ (3, H·W)
        positions: Positions = (matrices @ _grid(height, width)).reshape(-1, 2, height, width)
        if recipe.elastic:
            rows = _smoothing(height, recipe.elastic_sigma)
            columns = _smoothing(width, recipe.elastic_sigma)
            points = (count, 2, rows.shape[1], columns.shape[1])
            # Elastic distortions after Simard, Steinkraus & Platt (2003), but drawn at control
            # points instead of at every pixel, which is cheaper. The standard deviation of a
            # uniform number between -a and a is a / √3.
            largest = np.float32(recipe.elastic * np.sqrt(3))
            controls = largest * draw_symmetric(Draw.CONTROLS, points, recipe, step)[part]
            # (H, P) @ (N, 2, P, Q) @ (Q, W): the smoothing is separable.
            positions += rows @ controls @ columns.T
    return positions


def _draw_matrices(
    recipe: Recipe, shape: Sequence[int], count: int, step: int
) -> NDArray[np.float32]:
    """Return affine matrices ``(N, 2, 3)`` from (x, y, 1) of a new pixel to its source (x, y)."""
    # From the new pixel to the old one, because then every new pixel has exactly one source. Each
    # kind is drawn from a seed of its own, so that it leaves the other warps of a recipe unchanged.
    matrices = _affine_matrices(recipe, count, step)
    if recipe.changed_from_default("crop"):
        matrices = _compose(matrices, crop_matrices(recipe, shape, count, step))
    if recipe.flip:
        matrices[draw(Draw.MIRRORED, (count,), recipe, step) < recipe.flip, :, 0] *= -1
    if operations := draw_operations(recipe, count, step):
        for moves in move_matrices(operations, shape):
            matrices = _compose(matrices, moves)
    return matrices


def _affine_matrices(recipe: Recipe, count: int, step: int) -> NDArray[np.float32]:
    """Return the matrices of rotation, shear, scale and translation."""
    if not (recipe.rotate or recipe.shear or recipe.scale or recipe.translate):
        return np.tile(np.eye(2, 3, dtype=np.float32), (count, 1, 1))
    drawn = draw_symmetric(Draw.MATRICES, (6, count), recipe, step)
    turn, slant, wide, high, right, down = drawn
    angle, shear = np.radians(recipe.rotate) * turn, np.tan(np.radians(recipe.shear) * slant)
    cos, sin = np.cos(angle), np.sin(angle)
    # As a power, so that shrinking by a factor is as likely as growing by it.
    x_scale, y_scale = (1 + recipe.scale) ** wide, (1 + recipe.scale) ** high
    rows = [
        [x_scale * cos, y_scale * (shear * cos - sin), recipe.translate * right],
        [x_scale * sin, y_scale * (shear * sin + cos), recipe.translate * down],
    ]
    return np.ascontiguousarray(np.array(rows, np.float32).transpose(2, 0, 1))


def _compose(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the matrices ``(N, 2, 3)`` of `first` at the results of `second`."""
    # Sums of products instead of a matrix product, whose order BLAS could choose.
    across, down, shift = first[:, :, :1], first[:, :, 1:2], first[:, :, 2]
    composed = across * second[:, :1] + down * second[:, 1:]
    composed[:, :, 2] += shift
    return composed


@cache
def _grid(height: int, width: int) -> NDArray[np.float32]:
    """Return x, y and 1 of every pixel ``(3, H·W)``, from the image's center."""
    y, x = np.mgrid[:height, :width].reshape(2, -1).astype(np.float32)
    return np.stack([x - (width - 1) / 2, y - (height - 1) / 2, np.ones_like(x)])


@cache
def _smoothing(size: int, sigma: float) -> NDArray[np.float32]:
    """Return Gaussian weights ``(size, points)`` of control points at a distance of `sigma`."""
    # One point outside the image on either side, so that pixels at the border have neighbors too.
    points = np.arange(-sigma, size - 1 + 2 * sigma, sigma)
    weights: NDArray[np.float64] = np.exp(
        -(((np.arange(size)[:, np.newaxis] - points) / sigma) ** 2) / 2
    )
    # The squares of each row sum to 1, because then every pixel moves with the same standard
    # deviation as the independent points.
    weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
    return weights.astype(np.float32)
