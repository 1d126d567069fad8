"""The runner of trials: trainings that are scored without the test split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.data.folds.fold_rows import without_fold
from zoo_core.errors import InvalidValueError
from zoo_core.frameworks.distributed import SINGLE_PROCESS, env_world_size
from zoo_core.frameworks.prediction import TrainerPredictor
from zoo_core.frameworks.run import Callbacks
from zoo_core.frameworks.trainer import Trainer
from zoo_core.frameworks.training_state import FitResult
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.interrupts import Stop
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.final_scores import score_test
from zoo_core.training.loop import TrainingLoop
from zoo_core.training.plan import Plan


class TrialRunner:
    """Trains plans in this process, one after the other, without writing weights.

    Framework and data set are loaded once.

    Args:
        catalog: the installed plugins.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: number of CPU threads; None for the framework's default.
        left_out: number of folds, and the fold whose examples no trial sees; None for none.

    Raises:
        InvalidValueError: a launcher such as `torchrun` started several processes.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        device: str = "auto",
        threads: int | None = None,
        left_out: tuple[int, int] | None = None,
    ) -> None:
        # The processes of a launcher would average the gradients of different trials.
        if env_world_size() > 1:
            raise InvalidValueError(
                f"a search must run in one process, got WORLD_SIZE {env_world_size()}",
                hint="Start it without a launcher; use --workers for several processes.",
            )
        self._catalog, self._device, self._threads = catalog, device, threads
        self._left_out = left_out
        self._trainers: dict[str, Trainer] = {}
        self._datasets: dict[str, ArrayDataset] = {}

    def train(
        self, plan: Plan, *, callbacks: Callbacks, stop: Stop, on_fold: bool = False
    ) -> FitResult:
        """Train like `Training.run`, and return the scores.

        Args:
            plan: the plan of the training.
            callbacks: callbacks of the training; an exception in one of them ends it.
            stop: the flag that a signal sets.
            on_fold: whether to score the recipe's fold, in place of the validation examples.

        Raises:
            InterruptedTrainingError: a signal stopped the training.
            DivergedError: the outputs are no longer finite.
        """
        trainer, name = self._trainer(plan), plan.dataset.spec.name
        if name not in self._datasets:
            whole = load_dataset(plan.dataset, check=plan.check_data)
            # The test split is dropped, so that no trainer or callback can use it for a choice.
            others = {key: split for key, split in whole.splits.items() if key != "test"}
            rest = replace(whole, splits=others)
            if self._left_out:
                rest = without_fold(rest, *self._left_out, plan.recipe.split_seed)
            self._datasets[name] = rest
        data = plan.split(self._datasets[name])
        model = plan.build(trainer)
        targets = self._datasets[name].targets
        initial = plan.load_initial_weights(self._catalog, trainer, model, targets)
        teacher = plan.load_teacher(self._catalog, trainer)
        run = plan.make_run(data, Path(), callbacks, initial, teacher)
        # No folder and no checkpoints: an interrupted trial is repeated from its start.
        fitted = TrainingLoop(trainer, model, run, CheckpointManager(stop=stop)).fit()
        if not on_fold:
            return fitted
        trainer.set_weights(model, fitted.weights)
        predictor = TrainerPredictor(trainer, model, run.data.normalization, run.recipe.views)
        scores, _ = score_test(predictor, run, SINGLE_PROCESS)
        return replace(fitted, validation=scores)

    def _trainer(self, plan: Plan) -> Trainer:
        # By name, because a search may vary the trainer.
        name = plan.trainer.spec.name
        if name not in self._trainers:
            self._trainers[name] = plan.make_trainer(self._device, self._threads)
        return self._trainers[name]
