"""The continuation of a finished training for more epochs, in a new run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zoo_core.data.dataset import ArrayDataset
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.filenames import CARD, CONFIG
from zoo_core.frameworks.distributed import env_rank, launcher_restarts
from zoo_core.plugins.catalog import Catalog
from zoo_core.recipes.fields.schedule import SCHEDULES
from zoo_core.text import shell_command
from zoo_core.training.checkpoint import Checkpoint, Checkpoints, deserialize
from zoo_core.training.checks.same_data import find_same_data
from zoo_core.training.make_plan import plan_from_card
from zoo_core.training.run_folder import RunConfig, check_run_folder, make_run_folder, read_run
from zoo_core.training.training import Training
from zoo_core.weights.card import Card, read_card
from zoo_core.weights.card_course import ContinuedEnd


def continue_training(
    catalog: Catalog,
    folder: Path,
    epochs: int,
    *,
    out: Path | None = None,
    given: ArrayDataset | None = None,
    device: str | None = None,
    threads: int | None = None,
    **how: Any,
) -> Training:
    """Return the continuation of a finished training, from the state of its end.

    It is a run of its own: the finished one stays as it is. From its first step on, the schedule
    is that of a training that was planned for the new number of epochs.

    Args:
        catalog: the installed plugins.
        folder: folder of the finished run.
        epochs: number of epochs, with those of the finished run.
        out: folder of the new run; see `Training.new`.
        given: the data set, if it was passed as arrays.
        device: see `Training.resume`, as for `threads`.
        threads: see `Training.resume`.
        how: arguments of `Training`.

    Raises:
        DataError: the folder has no run, or not the state of its end.
        InvalidValueError: the training is not finished, or cannot be continued.
        VerificationError: its data have changed.
    """
    if launcher_restarts() > 0 and out and (out / CONFIG).exists():
        # torchrun restarts the same command, whose first start has made the folder.
        return Training.resume(catalog, out, given=given, device=device, threads=threads, **how)
    config = read_run(folder)
    card = _finished_card(folder)
    _check_recipe(folder, config, card)
    end = _end_of(folder, config)
    done = end.training.epoch - 1
    if epochs <= done:
        raise InvalidValueError(
            f"--epochs: expected more than {done}, the epochs that the training in {folder} has, "
            f"got {epochs}",
            hint=f"Continue it with a larger number, such as --epochs {2 * done}",
        )
    earlier = ContinuedEnd(epochs=config.recipe.epochs, after=done, sha256=card.weights.sha256)
    longer = config.model_copy(
        update={
            "recipe": config.recipe.model_copy(update={"epochs": epochs}),
            "changed": tuple(dict.fromkeys((*config.changed, "epochs"))),
            "continued": (*config.continued, earlier),
            "ended": None,
        }
    )
    dataset = find_same_data(catalog, config, folder, given)
    plan = plan_from_card(catalog, longer, dataset)
    if out is not None and env_rank() == 0:
        check_run_folder(out)
    end.training.ends = []
    return Training(
        catalog=catalog,
        plan=plan,
        open_folder=lambda: make_run_folder(out, plan.model.spec.name),
        device=device or config.device,
        threads=threads or config.threads,
        begun=longer,
        start=end,
        **how,
    )


def _finished_card(folder: Path) -> Card:
    if not (folder / CARD).exists():
        raise InvalidValueError(
            f"--epochs: the training in {folder} is not finished",
            hint="Finish it first, and then continue it for more epochs: "
            f"{shell_command('zoo', 'train', '--resume', folder)}",
        )
    return read_card(folder / CARD)


def _check_recipe(folder: Path, config: RunConfig, card: Card) -> None:
    """Check that a training can go on as if it had been planned for more epochs."""
    recipe, problem = config.recipe, ""
    if card.stopped:
        problem = "it diverged, and its state is that of the divergence"
    elif recipe.max_minutes is not None:
        problem = f"its time is limited by max_minutes {recipe.max_minutes:g}"
    elif recipe.schedule not in SCHEDULES:
        # Its learner may compute it from the number of epochs, which a repetition has from the
        # first step on.
        problem = f"its schedule {recipe.schedule} is the trainer's own"
    if problem:
        raise InvalidValueError(
            f"the training in {folder} cannot be continued for more epochs: {problem}",
            hint=f"Train a new one: {shell_command('zoo', 'train', config.model)} --epochs N",
        )


def _end_of(folder: Path, config: RunConfig) -> Checkpoint:
    """Return the checkpoint of a run's end."""
    serialized = Checkpoints(folder).latest()
    end = deserialize(serialized) if serialized else None
    if end is None or end.training.epoch <= end.training.last_epoch(config.recipe.epochs):
        raise DataError(
            f"{folder} has no checkpoint of the end of its training, from which to continue it",
            hint="It was removed, or the training is from before it was kept; train again.",
        )
    return end
