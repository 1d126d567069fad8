"""The runner of trials: trainings scored on the validation split alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.data.splits import training_data
from zoo_core.errors import InvalidValueError
from zoo_core.frameworks.distributed import env_world_size
from zoo_core.frameworks.run import Callbacks
from zoo_core.frameworks.trainer import Trainer
from zoo_core.frameworks.training_state import FitResult
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.interrupts import Stop
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.loop import TrainingLoop
from zoo_core.training.plan import Plan


class TrialRunner:
    """Trains one plan after another in this process, and forgets the weights.

    Framework and data are loaded once. The test split is not even at hand.

    Args:
        catalog: what is installed.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: of the framework; None for its own choice.
    """

    def __init__(
        self, catalog: Catalog, *, device: str = "auto", threads: int | None = None
    ) -> None:
        if env_world_size() > 1:
            raise InvalidValueError(
                f"a search trains in one process each, {env_world_size()} were started together",
                hint="Start it without a launcher; any number of workers may share a study.",
            )
        self._catalog, self._device, self._threads = catalog, device, threads
        self._trainers: dict[str, Trainer] = {}
        self._datasets: dict[str, ArrayDataset] = {}

    def train(self, plan: Plan, *, callbacks: Callbacks, stop: Stop) -> FitResult:
        """Train by a plan, exactly as `Training.run` does, and return what it keeps.

        Args:
            plan: of the training.
            callbacks: called during the training; whatever they raise ends it.
            stop: set by a signal.

        Raises:
            InterruptedTrainingError: one was.
            DivergedError: the outputs are no longer finite.
        """
        trainer, name = self._trainer(plan), plan.dataset.spec.name
        if name not in self._datasets:
            whole = load_dataset(plan.dataset)
            self._datasets[name] = replace(whole, splits={"train": whole.splits["train"]})
        data = training_data(self._datasets[name], plan.recipe)
        run = plan.make_run(data, Path(), callbacks)
        model = plan.build(trainer)
        plan.load_initial_weights(trainer, model)
        return TrainingLoop(trainer, model, run, CheckpointManager(stop=stop)).fit()

    def _trainer(self, plan: Plan) -> Trainer:
        name = plan.trainer.spec.name
        if name not in self._trainers:
            self._trainers[name] = plan.make_trainer(self._device, self._threads)
        return self._trainers[name]
