"""Checks that a training survives being stopped anywhere, and that it notices divergence."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM
from typing import Any

from zoo_core.errors import InterruptedTrainingError
from zoo_core.filenames import CONFIG
from zoo_core.frameworks.training_state import FitResult
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.interrupts import Stop
from zoo_core.testing.check import ContractError, expect, expect_equal
from zoo_core.testing.trainee import Trainee
from zoo_core.training.checkpoint import Checkpoints
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.loop import DivergedError

SEVERAL_STEPS: dict[str, Any] = {"epochs": 2, "batch_size": 6}
"""Two epochs of three steps, the last of them with fewer images."""


class StopAfter(Stop):
    """Is as if a signal came after so many steps.

    Args:
        steps: how often it is asked whether one came, and says no.
    """

    def __init__(self, steps: int) -> None:
        self._left = steps

    @property
    def signal(self) -> int:  # type: ignore[override]
        self._left -= 1
        return SIGTERM if self._left < 0 else 0


def resumes_to_the_bit(catalog: Catalog, name: str, recipe: str) -> None:
    """A training that is stopped after every step ends like one that never was."""
    whole = Trainee.make(catalog, name, recipe, **SEVERAL_STEPS).fit()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / CONFIG).touch()
        for _ in range(100):
            subject = Trainee.make(catalog, name, recipe, **SEVERAL_STEPS)
            checkpoints = Checkpoints(Path(folder), every=float("inf"))
            try:
                fitted = subject.fit(CheckpointManager(checkpoints, StopAfter(1)))
            except InterruptedTrainingError:
                continue
            expect_same(fitted, whole)
            return
    raise ContractError("it makes no progress from one stop to the next")


def expect_same(fitted: FitResult, whole: FitResult) -> None:
    """Raise where what was resumed is not what was uninterrupted."""
    for tensor, value in whole.weights.items():
        why = "in a training that was stopped and resumed"
        expect_equal(fitted.weights[tensor], value, tensor, why)
    for what in ("epoch", "train", "validation"):
        actual, expected = getattr(fitted, what), getattr(whole, what)
        expect(
            actual == expected, f"{what} is {actual} after stops and resumes, {expected} without"
        )


def says_where_it_diverges(catalog: Catalog, name: str, recipe: str) -> None:
    """A learning rate that is far too large ends the training, and not with bad weights."""
    subject = Trainee.make(catalog, name, recipe, lr=1e38, **SEVERAL_STEPS)
    try:
        subject.fit()
    except DivergedError as exc:
        expect("epoch 1" in exc.problem, f"it does not say where it diverged: {exc.problem}")
    else:
        raise ContractError("it goes on with outputs that are not finite")


RECIPE_FAULTS: dict[str, Callable[[Catalog, str, str], None]] = {
    "resumes to the bit": resumes_to_the_bit,
    "says where it diverges": says_where_it_diverges,
}
"""With each of a model's recipes."""
