"""The draws of a step: everything random about the examples of one process's part of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zoo_core.data.augmentation.color_changes import Change, draw_changes
from zoo_core.data.augmentation.draws import Places
from zoo_core.data.augmentation.mixing import Mixing, draw_mixing
from zoo_core.data.augmentation.rectangles import Boxes, draw_erased
from zoo_core.data.augmentation.warps import Positions, draw_warps
from zoo_core.recipes.recipe import Recipe


@dataclass(frozen=True)
class StepDraws:
    """The draws for a part of a batch.

    Attributes:
        places: places in the batch of the examples that the part needs.
        warps: see `zoo_core.frameworks.batch.Batch`, as for the others.
        changes: changes of colors.
        erased: rectangles to erase.
        mixing: mixing of pairs.
    """

    places: Places
    warps: Positions | None = None
    changes: tuple[Change, ...] = ()
    erased: Boxes | None = None
    mixing: Mixing | None = None


class Augmentation:
    """The augmentation of a recipe.

    Args:
        recipe: the recipe.
        shape: shape of an input.
    """

    def __init__(self, recipe: Recipe, shape: Sequence[int]) -> None:
        self._recipe, self._shape = recipe, shape
        # Once, because comparing each field in every step takes a hundredth of a small step.
        self._is_on = recipe.is_augmented

    def draw(self, count: int, step: int, part: slice, *, plain: bool = False) -> StepDraws:
        """Return the draws for a part of the batch of a step.

        They are made for the whole batch, and then sharded, so that they do not depend on the
        number of processes.

        Args:
            count: number of examples of the whole batch.
            step: number of the step, from 0.
            part: places of the process's examples.
            plain: draw no augmentation.
        """
        if plain or not self._is_on:
            return StepDraws(part)
        recipe, shape = self._recipe, self._shape
        places, mixing = draw_mixing(recipe, shape, count, step, part=part)
        return StepDraws(
            places,
            warps=draw_warps(recipe, shape, count, step, part=places),
            changes=draw_changes(recipe, count, step, part=places),
            erased=draw_erased(recipe, shape, count, step, part=places),
            mixing=mixing,
        )
