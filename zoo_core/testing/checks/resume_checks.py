"""Checks that a training survives being stopped after any step."""

from __future__ import annotations

import tempfile
from pathlib import Path
from signal import SIGTERM
from typing import Any

from zoo_core.errors import InterruptedTrainingError
from zoo_core.filenames import CONFIG
from zoo_core.frameworks.training_state import FitResult
from zoo_core.system.interrupts import Stop
from zoo_core.testing.check import ContractError, expect, expect_equal
from zoo_core.testing.trainee import Subject
from zoo_core.training.checkpoint import Checkpoints
from zoo_core.training.checkpointing import CheckpointManager

SEVERAL_STEPS: dict[str, Any] = {"epochs": 2, "batch_size": 6}
"""Recipe values for two epochs of three steps, the last of which has fewer images."""


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


def resumes_to_the_bit(subject: Subject, steps: int = 1, **overrides: Any) -> None:
    """Check that a training that is stopped and resumed ends like one that was never stopped."""
    values = SEVERAL_STEPS | overrides
    whole = subject.fit(**values)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / CONFIG).touch()  # whose checksum a checkpoint has
        for _ in range(100):  # steps, validations and the end: far fewer are needed
            # A new trainee each time, as in a new process: only the checkpoint connects them.
            trainee = subject.trainee(**values)
            checkpoints = Checkpoints(Path(folder), every=float("inf"))
            try:
                fitted = trainee.fit(CheckpointManager(checkpoints, StopAfter(steps)))
            except InterruptedTrainingError:
                continue
            expect_same(fitted, whole)
            return
    raise ContractError("a resumed training makes no progress from one stop to the next")


def expect_same(fitted: FitResult, whole: FitResult) -> None:
    """Raise a `ContractError` if a resumed training differs from an uninterrupted one."""
    for tensor, value in whole.weights.items():
        why = "in a training that was stopped and resumed"
        expect_equal(fitted.weights[tensor], value, tensor, why)
    for what in ("epoch", "train", "validation"):
        actual, expected = getattr(fitted, what), getattr(whole, what)
        expect(actual == expected, f"{what} after resuming: expected {expected}, got {actual}")
