"""Rectangles in images, of any size: random crops, erased ones, and those of CutMix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.augmentation.draws import CROPS, ERASED, Places, draw_rows
from zoo_core.recipes.recipe import Recipe

Boxes = NDArray[np.int64]
"""int64 ``(N, 4)``: left, top, right and bottom in pixels, without the last column and row."""

CROP_RATIO, ERASE_RATIO = 4 / 3, 3.3
"""Maximum ratio between the proportions of a rectangle and those of the image, or its inverse."""
# Those of torchvision's RandomResizedCrop and RandomErasing. They are relative to the image's own
# proportions, because a square part of a wide image would be stretched to its width.

ERASE_AREAS = (0.02, 1 / 3)
"""Minimum and maximum area of an erased rectangle, as a share of the image."""


def crop_matrices(
    recipe: Recipe, shape: Sequence[int], count: int, step: int
) -> NDArray[np.float32]:
    """Return matrices ``(N, 2, 3)`` that scale a random part of each image to the whole.

    They lead from (x, y, 1) of a new pixel to its source, in pixels from the image's center.
    """
    area, ratio, x, y = draw_rows(CROPS, recipe, count, step)
    wide, high = _sides(recipe.crop + (1 - recipe.crop) * area, ratio, CROP_RATIO)
    _, height, width = shape
    matrices = np.zeros((count, 2, 3), np.float32)
    matrices[:, 0, 0], matrices[:, 1, 1] = wide, high
    # Between the centers of the first pixel and the last, because half of a position outside of
    # them would be black.
    matrices[:, 0, 2] = (1 - wide) * (2 * x - 1) * ((width - 1) / 2)
    matrices[:, 1, 2] = (1 - high) * (2 * y - 1) * ((height - 1) / 2)
    return matrices


def draw_erased(
    recipe: Recipe, shape: Sequence[int], count: int, step: int, *, part: Places = slice(None)
) -> Boxes | None:
    """Return the rectangle to erase of each image, or None for a recipe without any.

    That of an image that stays whole is empty. After Zhong et al. (2020), with the areas and
    proportions of torchvision's RandomErasing.

    Args:
        recipe: probability, and the seed.
        shape: channels, height and width of an image.
        count: number of images of the whole batch.
        step: number of the step, from 0.
        part: places in the batch to return.
    """
    if not recipe.erase:
        return None
    chosen, area, ratio, x, y = draw_rows(ERASED, recipe, count, step)
    low, high = ERASE_AREAS
    wide, tall = _sides(low + (high - low) * area, ratio, ERASE_RATIO)
    _, height, width = shape
    boxes = np.zeros((count, 4), np.int64)
    for axis, (start, share, size) in enumerate([(x, wide, width), (y, tall, height)]):
        length = np.rint(share * size)
        # Every place where the whole rectangle is inside of the image is as likely as any other.
        first = np.floor(start * (size + 1 - length))
        boxes[:, axis], boxes[:, axis + 2] = first, first + length
    boxes[chosen >= recipe.erase] = 0
    return boxes[part]


def cut_box(area: float, x: float, y: float, shape: Sequence[int]) -> tuple[int, int, int, int]:
    """Return a box with the image's proportions around a point, clipped at the image's borders.

    Args:
        area: its area as a share of the image, before it is clipped.
        x: center from the left, as a share of the width.
        y: center from the top, as a share of the height.
        shape: channels, height and width of an image.
    """
    _, height, width = shape
    side = area**0.5
    left, right = _cut(x * width, side * width, width)
    top, bottom = _cut(y * height, side * height, height)
    return left, top, right, bottom


def _cut(center: float, length: float, size: int) -> tuple[int, int]:
    start = round(center - length / 2)
    return max(start, 0), min(start + round(length), size)


def _sides(
    area: NDArray[np.float32], ratio: NDArray[np.float32], largest: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return width and height, as shares, of rectangles of given areas.

    Args:
        area: areas as shares.
        ratio: numbers from 0 to 1, from the narrowest rectangle to the widest.
        largest: ratio of width to height of the widest one.
    """
    # In logarithms, so that wide ones are as likely as narrow ones. Limited so that neither side is
    # longer than the image's, because a clipped rectangle would have a smaller area.
    root = np.sqrt(area)
    wider = np.clip(largest ** (ratio - 0.5), root, 1 / root)
    return root * wider, root / wider
