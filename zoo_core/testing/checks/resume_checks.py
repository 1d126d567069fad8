"""Checks that a training survives being stopped after any step."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM
from typing import Any

from zoo_core.errors import InterruptedTrainingError
from zoo_core.filenames import CONFIG
from zoo_core.frameworks.training_state import FitResult
from zoo_core.system.interrupts import Stop
from zoo_core.testing.check import expect, expect_equal
from zoo_core.testing.trainee import Subject, Trainee
from zoo_core.training.checkpoint import Checkpoints
from zoo_core.training.checkpointing import CheckpointManager

SEVERAL_STEPS: dict[str, Any] = {"epochs": 2, "batch_size": 6}
"""Recipe values for two epochs of three steps, the last of which has fewer images."""


ONE_STOP = (5,)
"""Polls before the stop: after the first step of the second epoch, with a kept epoch."""

STOPS = (2, 3)
"""Polls before each of two stops: in the middle of the first epoch, and that of `ONE_STOP`."""
# Not after every step, because a framework may compile the step again in each process. The loop
# polls before each step, before a validation and at the end.


LOST_STATE = (
    "Is all of the optimizer's state in get_state, and does every random number of a step follow "
    "from the recipe's seed and batch.step?"
)
"""Hint about the usual causes of a resumed training that differs."""


class StopAfter(Stop):
    """Stop request that comes after a number of steps.

    Args:
        steps: number of times that `signal` is 0 before it is SIGTERM.
    """

    def __init__(self, steps: int) -> None:
        self._left = steps

    # A property instead of a real signal, because the loop polls it once per step: the place of
    # the stop is then exact.
    @property
    def signal(self) -> int:  # type: ignore[override]
        self._left -= 1
        return SIGTERM if self._left < 0 else 0


def resumes_to_the_bit(subject: Subject, stops: Sequence[int] = STOPS, **overrides: Any) -> None:
    """Check that a training that is stopped and resumed ends like one that was never stopped."""
    values = SEVERAL_STEPS | overrides
    whole = subject.fit(**values)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / CONFIG).touch()  # whose checksum a checkpoint has
        for polls in stops:
            with suppress(InterruptedTrainingError):
                _fit_until(Path(folder), subject.trainee(**values), StopAfter(polls))
        fitted = _fit_until(Path(folder), subject.trainee(**values), Stop())
    expect_same(fitted, whole)


def _fit_until(folder: Path, trainee: Trainee, stop: Stop) -> FitResult:
    """Continue a training from its checkpoint, up to a stop or to the end."""
    # A new trainee each time, as in a new process: only the checkpoint connects them.
    checkpoints = Checkpoints(folder, every=float("inf"))
    return trainee.fit(CheckpointManager(checkpoints, stop))


def expect_same(fitted: FitResult, whole: FitResult) -> None:
    """Raise a `ContractError` if a resumed training differs from an uninterrupted one."""
    for tensor, value in whole.weights.items():
        why = "in a training that was stopped and resumed"
        expect_equal(fitted.weights[tensor], value, tensor, why, hint=LOST_STATE)
    for what in ("epoch", "train", "validation", "ended"):
        actual, expected = getattr(fitted, what), getattr(whole, what)
        expect(actual == expected, f"{what} after resuming: expected {expected}, got {actual}")
