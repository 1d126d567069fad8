"""The latest steps of a training, scored after their outputs were copied from the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from zoo_core.metrics.scores import Scores, score
from zoo_core.metrics.task import Measured, Task


@dataclass(frozen=True)
class ScoredSteps:
    """Steps of one epoch whose outputs were copied from the device together, at most 50.

    Attributes:
        epoch: number of the epoch, from 1.
        step: number of the last of these steps in the epoch, from 1.
        steps: number of steps per epoch.
        lr: learning rate of the last of these steps.
        tasks: task of each head.
        measured: measures of the outputs for all examples of these steps, one entry per head.
    """

    epoch: int
    step: int
    steps: int
    lr: float
    tasks: Sequence[Task]
    measured: Sequence[Measured]

    # On demand, because a training whose steps nobody observes need not wait for it.
    @cached_property
    def scores(self) -> Scores:
        """Scores of all examples of these steps, each predicted before its step."""
        return score(self.tasks, self.measured)

    @property
    def number(self) -> int:
        """Number of the last of these steps in the whole training, from 1."""
        return (self.epoch - 1) * self.steps + self.step
