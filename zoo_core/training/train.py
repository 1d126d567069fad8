"""Training a model by name: everything is checked, then trained, then written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from zoo_core.data.dataset import load_dataset
from zoo_core.data.splits import training_data
from zoo_core.errors import InterruptedTrainingError, TrainingError, VerificationError
from zoo_core.filenames import CONFIG, WEIGHTS
from zoo_core.frameworks.distributed import env_rank, launcher_restarts
from zoo_core.frameworks.prediction import predict_distributed
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.trainer import Trainer, group_of, make_trainer
from zoo_core.frameworks.training_state import FitResult
from zoo_core.metrics.predictions import predictions_of
from zoo_core.metrics.scores import score
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.interrupts import deferred_signals
from zoo_core.training.callbacks import CallbackDispatcher
from zoo_core.training.checkpoint import CHECKPOINT_SECONDS, Checkpoints
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.initial_weights import load_initial_weights
from zoo_core.training.loop import DivergedError, fit
from zoo_core.training.plan import Plan, make_plan, plan_from_card
from zoo_core.training.results import write_or_check_config, write_results
from zoo_core.training.run_folder import check_run_folder, make_run_folder, unfinished_run
from zoo_core.weights.card import Card


def train_model(
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
) -> Run:
    """Train a model and leave a run folder with its weights and card.

    What can be checked without a framework or data is checked before either is loaded, and no
    folder is made before all is well.

    Args:
        catalog: what is installed.
        name: of the model.
        recipe: name of one of its recipes, or path of a ``.toml`` file.
        overrides: values over the recipe's, the later over the earlier.
        out: the run's folder, new or empty; None for the next free one under ``runs``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: of the framework; None for its own choice.
        checkpoint_every: seconds between two checkpoints; 0 for one at every step.
        callbacks: who is told how it goes, beside the plugins.

    Raises:
        InterruptedTrainingError: a signal stopped it; `resume_training` goes on.
        TrainingError: it could not go on; what is kept, it says.
    """
    plan = make_plan(catalog, name, recipe, overrides)
    restarted = out is not None and launcher_restarts() > 0 and (out / CONFIG).exists()
    if out is not None and env_rank() == 0 and not restarted:
        check_run_folder(out)

    def open_folder() -> Path:
        return out if out is not None and restarted else make_run_folder(out, plan.model.spec.name)

    return run_plan(
        catalog,
        plan,
        open_folder,
        device=device,
        threads=threads,
        checkpoint_every=checkpoint_every,
        callbacks=callbacks,
    )


def resume_training(
    catalog: Catalog,
    folder: Path,
    *,
    device: str | None = None,
    threads: int | None = None,
    checkpoint_every: float = CHECKPOINT_SECONDS,
    callbacks: Callbacks | None = None,
) -> Run:
    """Go on with a training that was stopped, from its newest whole checkpoint.

    Args:
        catalog: what is installed.
        folder: the run's.
        device: None for the one that the training was begun with.
        threads: likewise.
        checkpoint_every: see `train_model`.
        callbacks: see `train_model`.

    Raises:
        DataError: there is no run in the folder.
        InvalidValueError: its training is done.
        InterruptedTrainingError, TrainingError: see `train_model`.
    """
    config = unfinished_run(folder)
    return run_plan(
        catalog,
        plan_from_card(catalog, config),
        lambda: folder,
        device=device or config.device,
        threads=threads or config.threads,
        checkpoint_every=checkpoint_every,
        callbacks=callbacks,
    )


def retrain(
    catalog: Catalog,
    card: Card,
    *,
    out: Path,
    seed: int | None = None,
    threads: int | None = None,
    callbacks: Callbacks | None = None,
) -> Run:
    """Train what a card is about, from the card alone.

    Args:
        catalog: what is installed.
        card: of the training.
        out: the new run's folder, new or empty.
        seed: None for the card's.
        threads: of the framework; None for its own choice.
        callbacks: see `train_model`.

    Raises:
        VerificationError: the data set is not the one that the card is about, or the weights to
            begin with are not.
        InterruptedTrainingError, TrainingError: see `train_model`.
    """
    plan = plan_from_card(catalog, card, seed=seed)
    check_run_folder(out)
    return run_plan(
        catalog,
        plan,
        lambda: make_run_folder(out, plan.model.spec.name),
        device="cpu" if card.environment.get("device") == "cpu" else "auto",
        threads=threads,
        checkpoint_every=CHECKPOINT_SECONDS,
        callbacks=callbacks,
        again=card,
    )


def run_plan(
    catalog: Catalog,
    plan: Plan,
    open_folder: Callable[[], Path],
    *,
    device: str,
    threads: int | None,
    checkpoint_every: float,
    callbacks: Callbacks | None,
    again: Card | None = None,
) -> Run:
    with ThreadPoolExecutor(1) as beside:  # reading the data takes part of the framework's import
        due = again.dataset.sha256 if again else None
        loading = beside.submit(load_dataset, plan.dataset, expected=due)
        trainer = make_trainer(plan.trainer, device=device, threads=threads)
    if (
        plan.recipe.transforms
    ):  # they are made here to see that they can be, before there is a folder
        make_transforms = plan.trainer.resolve(plan.trainer.spec.transforms)
        make_transforms(plan.recipe.transforms, plan.config.input_shape)
    group = group_of(plan.trainer, trainer)
    model = trainer.build(
        plan.model.resolve(plan.model.spec.builder), plan.config, plan.recipe.seed
    )
    initial = None
    if plan.recipe.pretrained:
        initial = load_initial_weights(trainer, model, plan.model, plan.config)
        if again and initial != again.initial:
            raise VerificationError(f"it began with {again.initial}, here there is {initial}")
    data = training_data(loading.result(), plan.recipe)
    main = group.rank == 0
    run = Run(
        model=plan.model.spec,
        config=plan.config,
        recipe=plan.recipe,
        data=data,
        folder=open_folder() if main else Path(),
        callbacks=CallbackDispatcher(catalog, callbacks) if main else Callbacks(),
        initial=initial,
    )
    with deferred_signals() as stop:
        if main:
            write_or_check_config(run, plan, trainer.environment(), device=device, threads=threads)
        checkpoints = Checkpoints(run.folder, every=checkpoint_every) if main else None
        fitted, diverged = _fit(trainer, model, run, CheckpointManager(checkpoints, stop, group))
        trainer.set_weights(model, fitted.weights)
        logits = predict_distributed(
            trainer,
            model,
            data.test.images,
            data.normalization,
            group,
            views=plan.recipe.views,
        )
        if main:
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
    if main:
        run.callbacks.train_end(run, card, predictions_of(logits))
    if diverged:
        raise TrainingError(
            f"{diverged.problem}. The weights of epoch {fitted.epoch} are kept, in "
            f"{run.folder / WEIGHTS}",
            hint=diverged.hint,
        )
    return run


def _fit(
    trainer: Trainer, model: Any, run: Run, checkpoints: CheckpointManager
) -> tuple[FitResult, DivergedError | None]:
    """Train; where that diverges after a good epoch, the epoch is what is trained."""
    try:
        return fit(trainer, model, run, checkpoints), None
    except DivergedError as exc:
        if exc.kept is None:
            raise
        return exc.kept, exc
