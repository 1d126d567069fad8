"""The error of a training whose outputs are no longer finite."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import TrainingError
from zoo_core.frameworks.training_state import FitResult
from zoo_core.recipes.recipe import Recipe


class DivergedError(TrainingError):
    """Raised when the outputs of a training are no longer finite.

    Args:
        problem: the error and its place.
        kept: the epoch kept so far, or None.
        hint: next thing to try.
    """

    def __init__(self, problem: str, *, kept: FitResult | None, hint: str) -> None:
        super().__init__(problem, hint=hint)
        self.kept = kept


def diverged_error(
    where: str, recipe: Recipe, kept: FitResult | None, rows: NDArray[np.int64] | None
) -> DivergedError:
    """Return the error to raise.

    Args:
        where: place of the first outputs that are not finite, as a clause.
        recipe: recipe of the training.
        kept: the epoch kept so far, or None.
        rows: rows of the batch with those outputs; None for other examples.
    """
    batch = ""
    if rows is not None:
        few = ", ".join(map(str, rows[:5]))  # enough to look at, short enough for one line
        batch = f"; its batch has {len(rows)} examples, rows {few}, … of the epoch's"
    # This message is stored in the weight file if an earlier epoch was kept, so it must be
    # deterministic.
    return DivergedError(
        f"the training diverged: the outputs are not finite {where} (lr {recipe.lr:g}{batch})",
        kept=kept,
        hint=f"Try a smaller learning rate: --set lr={recipe.lr / 10:g}",
    )
