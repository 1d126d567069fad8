"""Random changes of colors: jitter, and the operations of RandAugment that move no pixel.

The core draws the amounts; a trainer changes the images on its device.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.augmentation.draws import JITTER, Places, draw_rows
from zoo_core.data.augmentation.operations import MOVES, NAMES, draw_operations
from zoo_core.recipes.recipe import Recipe

FIELDS = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}
"""Field -> its amount that changes nothing, in the order in which they are applied."""


class Change(NamedTuple):
    """A change of some images of a batch, each by an amount of its own."""

    name: str
    """One of `FIELDS`, or of `zoo_core.data.augmentation.operations.NAMES` without its moves."""
    places: NDArray[np.int64]
    """int64 ``(n,)``: places of the images in the batch, in ascending order."""
    amounts: NDArray[np.float32]
    """float32 ``(n,)``: amount for each of them."""

    def select(self, position: NDArray[np.int64]) -> Change:
        """Return the change of some of the images.

        Args:
            position: int64 ``(N,)``: place of each image of the batch among those; -1 for others.
        """
        places = position[self.places]
        order = np.argsort(places)[np.count_nonzero(places < 0) :]
        return Change(self.name, places[order], self.amounts[order])


def draw_changes(
    recipe: Recipe, count: int, step: int, *, part: Places = slice(None)
) -> tuple[Change, ...]:
    """Return the changes of a batch's colors, in order; none for a recipe without any.

    Args:
        recipe: strengths, and the seed.
        count: number of images of the whole batch.
        step: number of the step, from 0.
        part: places in the batch to return.
    """
    return (*_jitter(recipe, count, step, part), *_operations(recipe, count, step, part))


def _jitter(recipe: Recipe, count: int, step: int, part: Places) -> Iterator[Change]:
    strengths = {field: getattr(recipe, field) for field in FIELDS}
    if not any(strengths.values()):
        return
    drawn = 2 * draw_rows(JITTER, recipe, count, step)[:, part] - 1
    for (field, start), numbers in zip(FIELDS.items(), drawn, strict=True):
        if strengths[field]:
            amounts = np.float32(start) + np.float32(strengths[field]) * numbers
            yield Change(field, np.arange(len(numbers)), amounts)


def _operations(recipe: Recipe, count: int, step: int, part: Places) -> Iterator[Change]:
    operations = draw_operations(recipe, count, step, part=part)
    if operations is None:
        return
    for kinds, amounts in zip(*operations, strict=True):
        for number, name in enumerate(NAMES):
            places = np.flatnonzero(kinds == number)
            if len(places) and name not in ("identity", *MOVES):
                yield Change(name, places, amounts[places])
