"""Time to an accuracy: from a training's first step to the first epoch that reaches it on test.

The recipes were chosen on validation images before. The test split is scored after each epoch, and
the time that this takes is not counted. The first training pays for what CUDA loads lazily; the
median over the seeds does not show it.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from zoo_core.data.dataset import load_dataset
from zoo_core.data.splits import training_data
from zoo_core.frameworks.prediction import TrainerPredictor, all_outputs
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.trainer import Trainer
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.scores import measure, score
from zoo_core.training.loop import TrainingLoop
from zoo_core.training.make_plan import make_plan


@dataclass(frozen=True)
class Target:
    """A test accuracy, and the recipe of a model that is to reach it."""

    accuracy: float
    recipe: str
    model: str = "cnn"


TARGETS = (Target(0.99, "fast"), Target(0.994, "default"))


class Times(BaseModel):
    """Times to one accuracy.

    Attributes:
        accuracy: from 0 to 1.
        recipe: recipe of the model.
        seconds: one per seed that reached it, in the order of the seeds.
        missed: the seeds that were trained to the end and did not reach it.
        out_of_time: whether the budget ended before all seeds were trained.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    accuracy: float
    recipe: str
    seconds: list[float]
    missed: list[int]
    out_of_time: bool

    @property
    def median(self) -> float:
        """The median over all trained seeds; infinite if half of them missed the accuracy."""
        values = self.seconds + [math.inf] * len(self.missed)
        return statistics.median(values) if values else math.inf


class _ReachedError(Exception):
    """Signals that the accuracy is reached."""


class _OutOfTimeError(Exception):
    """Signals that the budget has ended."""


class _Watch(Callbacks):
    """Stops a training at an accuracy or at a deadline, and measures the time to the former.

    The model is scored as the optimizer leaves it, because the recipes of `TARGETS` average none.
    """

    def __init__(self, target: Target, trainer: Trainer, model: Any, deadline: float) -> None:
        self._target, self._trainer, self._model = target, trainer, model
        self._deadline = deadline
        self._started = 0.0
        self._scoring = 0.0
        self.seconds = 0.0

    def train_start(self, run: Run, progress: TrainingState) -> None:
        self._started = time.perf_counter()

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        if time.monotonic() > self._deadline:
            raise _OutOfTimeError

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        reached = time.perf_counter()
        test, views = run.data.test, run.recipe.views
        predictor = TrainerPredictor(self._trainer, self._model, run.data.normalization, views)
        outputs = all_outputs(predictor, test.inputs)
        scores = score(run.tasks, measure(run.tasks, outputs, test.targets))
        if scores["accuracy"][0] >= self._target.accuracy:
            self.seconds = reached - self._started - self._scoring
            raise _ReachedError
        self._scoring += time.perf_counter() - reached


def measure_target(target: Target, device: str, seeds: int, deadline: float) -> Times:
    """Train with the seeds 0, 1, … until each reached the accuracy, or until a deadline.

    Args:
        target: the accuracy and the recipe.
        device: ``cuda`` or ``cpu``.
        seeds: number of trainings.
        deadline: end of the budget, on the clock of `time.monotonic`.
    """
    seconds: list[float] = []
    missed: list[int] = []
    for seed in range(seeds):
        try:
            taken = _train(target, device, seed, deadline)
        except _OutOfTimeError:
            break
        if taken is None:
            missed.append(seed)
        else:
            seconds.append(round(taken, 3))
    return Times(
        accuracy=target.accuracy,
        recipe=target.recipe,
        seconds=seconds,
        missed=missed,
        out_of_time=len(seconds) + len(missed) < seeds,
    )


def _train(target: Target, device: str, seed: int, deadline: float) -> float | None:
    """Return the seconds that a training took to the accuracy; None if it did not reach it."""
    plan = make_plan(installed_catalog(), target.model, target.recipe, [{"seed": seed}])
    trainer = plan.make_trainer(device, None)
    model = plan.build(trainer)
    data = training_data(load_dataset(plan.dataset), plan.recipe)
    watch = _Watch(target, trainer, model, deadline)
    try:
        TrainingLoop(trainer, model, plan.make_run(data, Path(), watch)).fit()
    except _ReachedError:
        return watch.seconds
    return None
