"""The range test: the loss at rising learning rates, and the rate that follows from it.

Source: Smith (2017), Cyclical Learning Rates for Training Neural Networks, arXiv:1506.01186.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from zoo_core.errors import TrainingError
from zoo_core.frameworks.run import Run
from zoo_core.frameworks.trainer import Trainer
from zoo_core.metrics.scores import mean_of_losses
from zoo_core.plugins.catalog import Catalog
from zoo_core.training.checks.output_checks import check_outputs
from zoo_core.training.course.course import Course
from zoo_core.training.divergence import DivergedError
from zoo_core.training.loop import TrainingLoop
from zoo_core.training.plan import Plan
from zoo_core.training.preparation import prepare

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 200
"""Learning rates of the first and the last step, and the number of steps."""

_SMOOTHING = 0.9
"""Decay of the moving average of the losses."""

_DIVERGED = 4.0
"""Ratio of a smoothed loss to the lowest one, or to the first if lower, that ends the test."""
# As in fastai's learning rate finder.

_LEAST_FALL = 0.05
"""Minimum fall of the smoothed loss, as a share of the first one."""
# Because the loss of a model that learns nothing has a lowest value, too.

_SHARE = 0.1
"""Ratio of the suggested learning rate to the one with the lowest smoothed loss."""
# Because the lowest loss is that of the largest rate before the loss rises: a training with that
# rate would be about to diverge.


@dataclass(frozen=True)
class LrRange:
    """The result of a range test; every list has one number per step.

    Attributes:
        rates: learning rates.
        losses: mean loss of each step's batch, before the step.
        smoothed: moving averages of the losses.
        suggestion: the learning rate to train with.
        diverged: whether the loss rose so far that the test ended before its last step.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float
    diverged: bool


def find_learning_rate(
    catalog: Catalog, plan: Plan, *, device: str, threads: int | None
) -> LrRange:
    """Train a new model for a few steps with rising learning rates; nothing is written.

    Args:
        catalog: the installed plugins.
        plan: plan of the training, whose learning rate and schedule are not used.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: number of threads of the framework; None for its default.

    Raises:
        TrainingError: the loss does not fall, or is not finite from the start.
    """
    prepared = prepare(catalog, plan, device=device, threads=threads)
    trainer, model, run = prepared.trainer, prepared.model, prepared.run
    check_outputs(trainer, model, run)
    rates, losses = _RangeLoop(trainer, model, run).measure()
    smoothed = _smooth(losses)
    lowest = min(range(len(losses)), key=smoothed.__getitem__, default=0)
    if not losses or smoothed[0] - smoothed[lowest] < _LEAST_FALL * abs(smoothed[0]):
        raise TrainingError(
            "the range test found no learning rate at which the loss of the model falls",
            hint="Check the data and the loss, or choose a learning rate with --set lr=VALUE.",
        )
    return LrRange(
        rates=tuple(rates),
        losses=tuple(losses),
        smoothed=tuple(smoothed),
        # Two digits, because the test is not more precise, and people type it.
        suggestion=float(f"{_SHARE * rates[lowest]:.1e}"),
        diverged=len(rates) < STEPS,
    )


class _RisingRate(Course):
    """A course with learning rates that rise by the same factor in each step."""

    def learning_rate(self, step: int) -> float:
        return LOWEST * math.pow(HIGHEST / LOWEST, step / (STEPS - 1))


class _RangeLoop(TrainingLoop):
    """A training loop of `STEPS` steps, which may be a part of an epoch or several."""

    def __init__(self, trainer: Trainer, model: Any, run: Run) -> None:
        super().__init__(trainer, model, run)
        self._course = _RisingRate(run, self._state)

    def measure(self) -> tuple[list[float], list[float]]:
        """Return learning rate and loss of each step, up to one at which the loss diverges."""
        rates: list[float] = []
        losses: list[float] = []
        while len(losses) < STEPS:
            try:
                losses.append(self._measure_step(len(losses)))
            except DivergedError:  # the outputs are not finite any more
                break
            rates.append(self._course.learning_rate(len(rates)))
            *before, last = _smooth(losses)
            if before and last > _DIVERGED * min(before):
                break
        return rates, losses

    def _measure_step(self, done: int) -> float:
        """Perform the step after some steps, and return the loss before it."""
        state = self._state
        if state.step == len(self._batches):
            state.epoch, state.step = state.epoch + bool(done), 0
            self._start_epoch()
        self._pending.append(self._step())
        state.step += 1
        state.measured = []
        self._fetch()
        return -mean_of_losses(self._run.tasks, state.measured)


def _smooth(losses: list[float]) -> list[float]:
    """Return the moving average at each loss, without the bias to 0 of a short one."""
    sums = accumulate(losses, lambda mean, loss: _SMOOTHING * mean + loss)
    weights = accumulate(losses, lambda weight, _: _SMOOTHING * weight + 1, initial=0.0)
    next(weights)
    return [total / weight for total, weight in zip(sums, weights, strict=True)]
