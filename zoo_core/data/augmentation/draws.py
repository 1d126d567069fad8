"""Draws of a step's augmentation: random numbers from a recipe, the number of a step and a kind."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from zoo_core.recipes.recipe import Recipe
from zoo_core.system.random_numbers import uniform

Places = slice | NDArray[np.int64]
"""Places in a batch: those of a process's shard, or of any of its examples."""


class Draw(IntEnum):
    """Kind of draw: the last element of its seed."""

    # Without it, the draws of one kind would repeat those of another, for the same seed and step.
    # A kind of its own for each field that can be set alone, so that it leaves the others as they
    # are.
    MATRICES = 1
    CONTROLS = 2
    MIRRORED = 3
    CROPS = 4
    JITTER = 5
    OPERATIONS = 6
    ERASED = 7
    PARTNERS = 8
    MIXING = 9


def draw(kind: Draw, shape: tuple[int, ...], recipe: Recipe, step: int) -> NDArray[np.float32]:
    """Return numbers from 0 to below 1."""
    return uniform(shape, recipe.seed, step, kind)


def draw_symmetric(
    kind: Draw, shape: tuple[int, ...], recipe: Recipe, step: int
) -> NDArray[np.float32]:
    """Return numbers from -1 to below 1."""
    return np.float32(2) * draw(kind, shape, recipe, step) - np.float32(1)
