"""Trainings that are scored on the validation split alone, of which a search is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.data.splits import training_data
from zoo_core.errors import InvalidValueError
from zoo_core.frameworks.distributed import env_world_size
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.trainer import Trainer, make_trainer
from zoo_core.frameworks.training_state import FitResult
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.interrupts import Stop
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.initial_weights import load_initial_weights
from zoo_core.training.loop import fit
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
        """Train by a plan, exactly as `train` does, and return what it keeps.

        Args:
            plan: of the training.
            callbacks: who is told how it goes; whatever they raise ends the training.
            stop: whether a signal was heard.

        Raises:
            InterruptedTrainingError: one was.
            DivergedError: the outputs are no longer finite.
        """
        trainer, name = self._trainer(plan), plan.dataset.spec.name
        if name not in self._datasets:
            whole = load_dataset(plan.dataset)
            self._datasets[name] = replace(whole, splits={"train": whole.splits["train"]})
        run = Run(
            model=plan.model.spec,
            config=plan.config,
            recipe=plan.recipe,
            data=training_data(self._datasets[name], plan.recipe),
            folder=Path(),
            callbacks=callbacks,
        )
        builder = plan.model.resolve(plan.model.spec.builder)
        model = trainer.build(builder, plan.config, plan.recipe.seed)
        if plan.recipe.pretrained:
            load_initial_weights(trainer, model, plan.model, plan.config)
        return fit(trainer, model, run, CheckpointManager(stop=stop))

    def _trainer(self, plan: Plan) -> Trainer:
        name = plan.trainer.spec.name
        if name not in self._trainers:
            made = make_trainer(plan.trainer, device=self._device, threads=self._threads)
            self._trainers[name] = made
        return self._trainers[name]
