"""A training, from its validated plan to the run's folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zoo_core.data.dataset import ArrayDataset
from zoo_core.data.find_dataset import find_dataset
from zoo_core.errors import InterruptedTrainingError, TrainingError
from zoo_core.filenames import CONFIG, WEIGHTS
from zoo_core.frameworks.distributed import env_rank, is_main_process, launcher_restarts
from zoo_core.frameworks.prediction import TrainerPredictor
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.trainer import group_of
from zoo_core.frameworks.training_state import FitResult
from zoo_core.metrics.familiarity import find_familiarity
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.interrupts import deferred_signals
from zoo_core.training import CHECKPOINT_SECONDS
from zoo_core.training.calibrate import calibrate
from zoo_core.training.callbacks import CallbackDispatcher
from zoo_core.training.checkpoint import Checkpoint, Checkpoints
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.checks.output_checks import check_outputs
from zoo_core.training.checks.same_data import find_same_data
from zoo_core.training.divergence import DivergedError
from zoo_core.training.final_scores import KeptPredictions, score_test
from zoo_core.training.loop import TrainingLoop
from zoo_core.training.make_plan import make_plan, plan_from_card
from zoo_core.training.plan import Plan
from zoo_core.training.preparation import Prepared, prepare
from zoo_core.training.results import make_provenance, write_or_check_config, write_results
from zoo_core.training.run_folder import (
    RunConfig,
    check_run_folder,
    locked_run,
    make_run_folder,
    unfinished_run,
)
from zoo_core.weights.card import Card


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training that is ready to run: all names resolved, all values checked.

    Attributes:
        catalog: the installed plugins.
        plan: the resolved training.
        open_folder: returns the run's folder; creates it for a new run.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: number of threads of the framework; None for its default.
        checkpoint_every: seconds between two checkpoints; 0 for one at every step.
        callbacks: callbacks of the caller, in addition to the plugins' hooks.
        card: card of the training that this one repeats; None for any other.
        folder: the run's folder, if it has a run already; None for a new run.
        begun: config of the training that this one resumes or continues; None for any other.
        start: checkpoint that a new run begins with; None for none.
    """

    catalog: Catalog
    plan: Plan
    # A function, because the folder is created only when framework and data have been loaded:
    # a training that cannot begin leaves no empty folder.
    open_folder: Callable[[], Path]
    device: str
    threads: int | None = None
    checkpoint_every: float = CHECKPOINT_SECONDS
    callbacks: Callbacks | None = None
    card: Card | None = None
    folder: Path | None = None
    begun: RunConfig | None = None
    start: Checkpoint | None = None

    @classmethod
    def new(
        cls,
        catalog: Catalog,
        name: str,
        *,
        recipe: str = "default",
        overrides: Iterable[Mapping[str, Any]] = (),
        out: Path | None = None,
        device: str = "auto",
        threads: int | None = None,
        checkpoint_every: float = CHECKPOINT_SECONDS,
        callbacks: Callbacks | None = None,
    ) -> Training:
        """Return the training of a model by name.

        All checks that require neither framework nor data are made here; no folder is created.

        Args:
            catalog: the installed plugins.
            name: name of the model.
            recipe: name of one of its recipes, or path of a ``.toml`` file.
            overrides: values that override the recipe's; later ones win over earlier ones.
            out: the run's folder, new or empty; None for the next free one in ``runs``.
            device: see `Training`, as for `threads`, `checkpoint_every` and `callbacks`.
            threads: see `Training`.
            checkpoint_every: see `Training`.
            callbacks: see `Training`.
        """
        plan = make_plan(catalog, name, recipe, overrides)
        # torchrun restarts the same command after it has lost a process. The folder then has the
        # run of the first start, which is resumed instead of refused.
        begun = out if launcher_restarts() > 0 and out and (out / CONFIG).exists() else None
        # By rank 0 alone, because it may have created the folder before the others check it.
        if out is not None and begun is None and env_rank() == 0:
            check_run_folder(out)
        return cls(
            catalog=catalog,
            plan=plan,
            open_folder=lambda: begun or make_run_folder(out, plan.model.spec.name),
            folder=begun,
            device=device,
            threads=threads,
            checkpoint_every=checkpoint_every,
            callbacks=callbacks,
        )

    @classmethod
    def resume(
        cls,
        catalog: Catalog,
        folder: Path,
        *,
        given: ArrayDataset | None = None,
        device: str | None = None,
        threads: int | None = None,
        checkpoint_every: float = CHECKPOINT_SECONDS,
        callbacks: Callbacks | None = None,
    ) -> Training:
        """Return a stopped training, to continue from its newest intact checkpoint.

        Without `device` or `threads`, those of the first start are used. `given` is the data set
        that the caller has passed, if it is not found by name.

        Raises:
            DataError: the folder has no run.
            InvalidValueError: the training is finished.
            VerificationError: its data have changed.
        """
        config = unfinished_run(folder)
        # First, because changed classes would fail later, with an error about the model's config.
        dataset = find_same_data(catalog, config, folder, given)
        return cls(
            catalog=catalog,
            plan=plan_from_card(catalog, config, dataset),
            open_folder=lambda: folder,
            folder=folder,
            begun=config,
            device=device or config.device,
            threads=threads or config.threads,
            checkpoint_every=checkpoint_every,
            callbacks=callbacks,
        )

    @classmethod
    def repeat(
        cls,
        catalog: Catalog,
        card: Card,
        *,
        out: Path,
        seed: int | None = None,
        threads: int | None = None,
        callbacks: Callbacks | None = None,
    ) -> Training:
        """Return the training that a card describes, from the card alone.

        `run` raises a `VerificationError` if data or initial weights differ from the card's. With
        `seed`, only that is different.
        """
        dataset = find_dataset(catalog, card.recipe.dataset, sha256=card.dataset.sha256)
        plan = plan_from_card(catalog, card, dataset, seed=seed)
        check_run_folder(out)
        return cls(
            catalog=catalog,
            plan=plan,
            open_folder=lambda: make_run_folder(out, plan.model.spec.name),
            # A card states the GPU's name, which is not a device that one can choose.
            device="cpu" if card.environment.get("device") == "cpu" else "auto",
            threads=threads,
            callbacks=callbacks,
            card=card,
        )

    def run(self) -> Run:
        """Train, and write weights, card and metrics to the run's folder, which is locked.

        Raises:
            InterruptedTrainingError: a signal stopped the training; `resume` continues it.
            TrainingError: the training cannot continue; the message names the weights kept.
            DataError: another process trains in the folder.
        """
        plan = self.plan
        # Rank 0 alone has a folder, writes and calls callbacks; the others only compute.
        is_main = is_main_process()
        with contextlib.ExitStack() as locks:
            # Before anything is loaded, so that a second process ends at once.
            if self.folder and is_main:
                locks.enter_context(locked_run(self.folder))
            prepared = prepare(
                self.catalog,
                plan,
                device=self.device,
                threads=self.threads,
                callbacks=CallbackDispatcher(self.catalog, self.callbacks) if is_main else None,
                earlier=self.card or self.begun,
            )
            trainer, model, run = prepared.trainer, prepared.model, prepared.run
            # Before the folder exists; outputs first: a loss fails for those that are wrong.
            check_outputs(trainer, model, run)
            learner = trainer.start(model, run)  # which may refuse the run
            if is_main:
                run = replace(run, folder=self.open_folder())
                if not self.folder:
                    locks.enter_context(locked_run(run.folder))
            diverged: DivergedError | None = None
            # Until the card is written, so that a signal never leaves results in part.
            with deferred_signals() as stop:
                if is_main:
                    write_or_check_config(
                        run,
                        plan,
                        trainer.environment(),
                        device=self.device,
                        threads=self.threads,
                        examples=prepared.examples,
                        begun=self.begun,
                    )
                saved = self._checkpoints(run.folder) if is_main else None
                checkpoints = CheckpointManager(saved, stop, group_of(plan.trainer, trainer))
                try:
                    fitted = TrainingLoop(trainer, model, run, checkpoints, learner).fit()
                except DivergedError as exc:
                    if exc.kept is None:
                        raise
                    fitted, diverged = exc.kept, exc  # an earlier epoch, which is the result
                stopped = diverged.problem if diverged else ""
                card, predictions = self._finish(prepared, run, fitted, stopped)
            if stop.signal:
                raise InterruptedTrainingError(
                    stop.signal, f"stopped after the training; all results are in {run.folder}"
                )
            # Outside the block, because plugins may draw for long, and Ctrl-C should stop that.
            if card:
                run.callbacks.train_end(run, card, predictions.get)
            if diverged:
                raise TrainingError(
                    f"{diverged.problem}. The weights of epoch {fitted.epoch} are kept in "
                    f"{run.folder / WEIGHTS}",
                    hint=diverged.hint,
                )
            return run

    def _finish(
        self, prepared: Prepared, run: Run, fitted: FitResult, stopped: str
    ) -> tuple[Card | None, KeptPredictions]:
        """Score the kept weights; in the main process, write them and return their card."""
        trainer, model, plan = prepared.trainer, prepared.model, self.plan
        trainer.set_weights(model, fitted.weights)
        # The only use of the test split, after the epoch has been chosen. Every process takes part,
        # because prediction ends with a collective call.
        # The run's normalization, which is that of pretrained weights if it starts from some.
        predictor = TrainerPredictor(trainer, model, run.data.normalization, run.recipe.views)
        test, predictions = score_test(predictor, run, group_of(plan.trainer, trainer))
        if not is_main_process():
            return None, predictions
        shape = run.data.dataset.input_spec.shape
        predictions.calibration = calibrate(
            predictor,
            run,
            find_familiarity(self.catalog, plan.dataset.spec.name, shape),
            predictions.outputs,
        )
        provenance = make_provenance(
            run,
            plan,
            fitted,
            test,
            calibration=predictions.calibration,
            parameters=trainer.count_parameters(model),
            environment=trainer.environment(),
            examples=prepared.examples,
            stopped=stopped,
        )
        return write_results(run, fitted, provenance), predictions

    def _checkpoints(self, folder: Path) -> Checkpoints:
        return Checkpoints(folder, every=self.checkpoint_every, start=self.start)
