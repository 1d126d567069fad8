"""A training, from its validated plan to the run's folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.data.dataset import load_dataset
from zoo_core.data.splits import training_data
from zoo_core.errors import InterruptedTrainingError, TrainingError
from zoo_core.filenames import CONFIG, WEIGHTS
from zoo_core.frameworks.distributed import env_rank, launcher_restarts
from zoo_core.frameworks.prediction import predict_distributed
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.trainer import group_of
from zoo_core.metrics.predictions import predictions_of
from zoo_core.metrics.scores import score
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.interrupts import deferred_signals
from zoo_core.training import CHECKPOINT_SECONDS
from zoo_core.training.callbacks import CallbackDispatcher
from zoo_core.training.checkpoint import Checkpoints
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.initial_weights import check_initial_weights
from zoo_core.training.loop import DivergedError, TrainingLoop
from zoo_core.training.plan import Plan, make_plan, plan_from_card
from zoo_core.training.results import write_or_check_config, write_results
from zoo_core.training.run_folder import check_run_folder, make_run_folder, unfinished_run
from zoo_core.weights.card import Card


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training that is ready to run: every name is resolved, every value checked.

    Attributes:
        catalog: what is installed.
        plan: the resolved training.
        open_folder: returns the run's folder, and creates it where it is a new one.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: of the framework; None for its own choice.
        checkpoint_every: seconds between two checkpoints; 0 for one at every step.
        callbacks: called during the training, besides the plugins' hooks.
        card: of the training that this one repeats; None for any other.
    """

    catalog: Catalog
    plan: Plan
    open_folder: Callable[[], Path]
    device: str
    threads: int | None = None
    checkpoint_every: float = CHECKPOINT_SECONDS
    callbacks: Callbacks | None = None
    card: Card | None = None

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

        What can be checked without a framework or data is checked here, and no folder is made.

        Args:
            catalog: what is installed.
            name: of the model.
            recipe: name of one of its recipes, or path of a ``.toml`` file.
            overrides: values over the recipe's, the later over the earlier.
            out: the run's folder, new or empty; None for the next free one under ``runs``.
            device: see `Training`.
            threads: see `Training`.
            checkpoint_every: see `Training`.
            callbacks: see `Training`.
        """
        plan = make_plan(catalog, name, recipe, overrides)
        # A launcher that lost a process starts the command again, in the folder that it had begun.
        begun = out if launcher_restarts() > 0 and out and (out / CONFIG).exists() else None
        if out is not None and begun is None and env_rank() == 0:
            check_run_folder(out)
        return cls(
            catalog=catalog,
            plan=plan,
            open_folder=lambda: begun or make_run_folder(out, plan.model.spec.name),
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
        device: str | None = None,
        threads: int | None = None,
        checkpoint_every: float = CHECKPOINT_SECONDS,
        callbacks: Callbacks | None = None,
    ) -> Training:
        """Return a training that was stopped, to continue from its newest whole checkpoint.

        Args:
            catalog: what is installed.
            folder: the run's.
            device: None for the one that the training was begun with.
            threads: None for the number that the training was begun with.
            checkpoint_every: see `Training`.
            callbacks: see `Training`.

        Raises:
            DataError: there is no run in the folder.
            InvalidValueError: its training is done.
        """
        config = unfinished_run(folder)
        return cls(
            catalog=catalog,
            plan=plan_from_card(catalog, config),
            open_folder=lambda: folder,
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

        `run` raises a `VerificationError` where data or initial weights are not the card's.

        Args:
            catalog: what is installed.
            card: of the training.
            out: the new run's folder, new or empty.
            seed: None for the card's.
            threads: see `Training`.
            callbacks: see `Training`.
        """
        plan = plan_from_card(catalog, card, seed=seed)
        check_run_folder(out)
        return cls(
            catalog=catalog,
            plan=plan,
            open_folder=lambda: make_run_folder(out, plan.model.spec.name),
            device="cpu" if card.environment.get("device") == "cpu" else "auto",
            threads=threads,
            callbacks=callbacks,
            card=card,
        )

    def run(self) -> Run:
        """Train, and write weights, card and metrics into the run's folder.

        Raises:
            InterruptedTrainingError: a signal stopped it; `resume` continues it.
            TrainingError: it could not continue; the message says what is kept.
        """
        plan, expected = self.plan, self.card.dataset.sha256 if self.card else None
        with ThreadPoolExecutor(1) as background:  # because importing a framework takes as long
            loading = background.submit(load_dataset, plan.dataset, expected=expected)
            trainer = plan.make_trainer(self.device, self.threads)
        plan.check_transforms()
        group = group_of(plan.trainer, trainer)
        model = plan.build(trainer)
        initial = plan.load_initial_weights(trainer, model)
        if self.card:
            check_initial_weights(initial, self.card)
        data = training_data(loading.result(), plan.recipe)
        is_main = group.rank == 0
        run = plan.make_run(
            data,
            self.open_folder() if is_main else Path(),
            CallbackDispatcher(self.catalog, self.callbacks) if is_main else Callbacks(),
            initial,
        )
        diverged: DivergedError | None = None
        with deferred_signals() as stop:
            if is_main:
                write_or_check_config(
                    run, plan, trainer.environment(), device=self.device, threads=self.threads
                )
            saved = Checkpoints(run.folder, every=self.checkpoint_every) if is_main else None
            checkpoints = CheckpointManager(saved, stop, group)
            try:
                fitted = TrainingLoop(trainer, model, run, checkpoints).fit()
            except DivergedError as exc:
                if exc.kept is None:
                    raise
                fitted, diverged = exc.kept, exc  # a good epoch before it is the result
            trainer.set_weights(model, fitted.weights)
            logits = predict_distributed(
                trainer,
                model,
                data.test.images,
                data.normalization,
                group,
                views=plan.recipe.views,
            )
            if is_main:
                card = write_results(
                    run,
                    plan,
                    fitted,
                    score(logits, data.test.labels),
                    parameters=trainer.count_parameters(model),
                    environment=trainer.environment(),
                    stopped=diverged.problem if diverged else "",
                )
        if stop.signal:
            raise InterruptedTrainingError(
                stop.signal, f"stopped when the training was done; all is in {run.folder}"
            )
        if is_main:
            run.callbacks.train_end(run, card, predictions_of(logits))
        if diverged:
            raise TrainingError(
                f"{diverged.problem}. The weights of epoch {fitted.epoch} are kept, in "
                f"{run.folder / WEIGHTS}",
                hint=diverged.hint,
            )
        return run
