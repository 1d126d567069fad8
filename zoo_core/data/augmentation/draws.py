"""Draws of a step's augmentation: random numbers from a recipe and the number of a step."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from zoo_core.recipes.recipe import Recipe
from zoo_core.system.random_numbers import uniform

Places = slice | NDArray[np.int64]
"""Places in a batch: those of a process's shard, or of any of its examples."""


class Draw(IntEnum):
    """Kind of draw: the last element of its seed."""

    # Without it, the draws of one kind would repeat those of another, for the same seed and step.
    MATRICES = 1
    CONTROLS = 2
    MIRRORED = 3
    ROWS = 4
    OPERATIONS = 5


CROPS, JITTER, ERASED, PARTNERS, MIXING = (
    slice(start, stop) for start, stop in ((0, 4), (4, 8), (8, 13), (13, 14), (14, 18))
)
"""Rows of `draw_rows` of each kind, so that a field leaves what others draw as it is."""


def draw(kind: Draw, shape: tuple[int, ...], recipe: Recipe, step: int) -> NDArray[np.float32]:
    """Return numbers from 0 to below 1."""
    return uniform(shape, recipe.seed, step, kind)


def draw_symmetric(
    kind: Draw, shape: tuple[int, ...], recipe: Recipe, step: int
) -> NDArray[np.float32]:
    """Return numbers from -1 to below 1."""
    return np.float32(2) * draw(kind, shape, recipe, step) - np.float32(1)


def draw_rows(rows: slice, recipe: Recipe, count: int, step: int) -> NDArray[np.float32]:
    """Return rows of numbers from 0 to below 1, one number per example of a batch.

    Args:
        rows: one of the constants above.
        recipe: recipe with the seed.
        count: number of examples of the whole batch.
        step: number of the step, from 0.
    """
    return _all_rows(recipe.seed, step, count)[rows]


# One generator for all kinds, because seeding it takes 0.15 ms in a training, whose network has
# the caches of the processor: a hundredth of a step of a small network.
@lru_cache(maxsize=1)
def _all_rows(seed: int, step: int, count: int) -> NDArray[np.float32]:
    numbers = uniform((MIXING.stop, count), seed, step, Draw.ROWS)
    numbers.flags.writeable = False
    return numbers
