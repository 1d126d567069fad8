"""The run's folder: its creation, its config file, unfinished runs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, JsonValue, ValidationError

from zoo_core.errors import DataError, InvalidValueError
from zoo_core.filenames import CARD, CONFIG, RUN_LOCK, STUDY, WEIGHTS
from zoo_core.recipes.recipe import Recipe, SearchSummary
from zoo_core.recipes.validation import FrozenModel, first_error
from zoo_core.system.locks import folder_lock
from zoo_core.system.terminal import print_lines
from zoo_core.text import shell_command
from zoo_core.weights.card import Environment, InitialWeights, ParentWeights
from zoo_core.weights.card_course import ContinuedEnd, EndDecision


class RunData(FrozenModel):
    """The data set of a run, to continue with the same data only."""

    sha256: str
    """Checksum of its content."""
    place: str = ""
    """Its absolute place (`zoo_core.plugins.specs.DatasetSpec.place`)."""


class RunConfig(FrozenModel):
    """``config.json``: the plan of a run, written before its first step."""

    format: int = 1
    model: str
    plugin: str
    """Distribution that offers the model."""
    config: dict[str, JsonValue]
    """Complete config of the model."""
    recipe_name: str
    changed: tuple[str, ...]
    recipe: Recipe
    search: SearchSummary | None = Field(None, exclude_if=lambda search: search is None)
    data: RunData | None = None
    initial: InitialWeights | None = Field(None, exclude_if=lambda initial: initial is None)
    teacher: ParentWeights | None = Field(None, exclude_if=lambda teacher: teacher is None)
    # The user's words, such as "auto", because resuming may find another machine.
    device: str
    threads: int | None
    # Those at the start, because a resumed training reports what has changed.
    environment: Environment
    versions: dict[str, str]
    continued: tuple[ContinuedEnd, ...] = Field((), exclude_if=lambda ends: not ends)
    """See `zoo_core.weights.card.Provenance`."""
    ended: tuple[EndDecision, ...] | None = Field(None, exclude_if=lambda ended: ended is None)
    """Decisions of the training that this one repeats."""


def check_run_folder(out: Path) -> None:
    """Check that a run can be written to a folder, without creating anything.

    Raises:
        InvalidValueError: `out` is a file, or a folder that is not empty.
        DataError: `out` cannot be created or written to.
    """
    if out.exists() and not out.is_dir():
        raise InvalidValueError(
            f"--out {out}: expected a folder, got a file", hint="Name a new or empty folder."
        )
    if out.is_dir() and any(out.iterdir()):
        raise InvalidValueError(
            f"the folder {out} is not empty, and a run overwrites nothing",
            hint="Name a new or empty folder with --out.",
        )
    # The nearest ancestor that exists decides whether the folder can be created.
    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise _not_writable(out, f"{there} is {'read-only' if there.is_dir() else 'a file'}")


def make_run_folder(out: Path | None, model: str) -> Path:
    """Create a run's folder: `out`, or the first free ``runs/MODEL-1``, ``runs/MODEL-2``, ….

    Raises:
        InvalidValueError: see `check_run_folder`.
        DataError: the folder cannot be created.
    """
    try:
        if out is None:
            # A model of a family has a slash in its name, which would create a folder more.
            return _next_folder(Path("runs"), model.replace("/", "-"))
        # Again, because the folder may have been filled while the framework was imported.
        check_run_folder(out)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _not_writable(out or Path("runs"), str(exc.strerror)) from exc
    return out


@contextlib.contextmanager
def locked_run(folder: Path) -> Iterator[None]:
    """Hold the lock of a run's folder during the block, so that no other process trains in it.

    Raises:
        DataError: another process holds it.
    """
    with contextlib.ExitStack() as held:
        try:
            holder = held.enter_context(folder_lock(folder / RUN_LOCK))
        except OSError as exc:
            # Some network file systems have no locks; a training without one is better than none.
            print_lines(
                f"zoo: {folder} cannot be locked ({exc.strerror or exc}): make sure that no other "
                "process trains in it",
                err=True,
            )
            holder = None
        if holder:
            raise DataError(
                f"another process trains in {folder}: {holder}",
                hint="Wait until it ends, or stop it; its training can then be resumed.",
            )
        yield


def unfinished_run(folder: Path) -> RunConfig:
    """Return the config of the unfinished run in a folder.

    Raises:
        DataError: the folder has no run.
        InvalidValueError: the run is finished.
    """
    config = read_run(folder)
    # The card is the last file that a training writes.
    if (folder / CARD).exists():
        more = shell_command("zoo", "train", "--resume", folder, "--epochs")
        raise InvalidValueError(
            f"the training in {folder} is done, nothing is left to train",
            hint=f"Its weights are in {folder / WEIGHTS}. Train it for more epochs: {more} N",
        )
    return config


def read_run(folder: Path) -> RunConfig:
    """Return the config of the run in a folder, finished or not.

    Raises:
        DataError: the folder has no run.
    """
    hint = "Name the folder of a training that was stopped."
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}", hint=hint)
    if (folder / STUDY).exists():
        hint = f"Continue it with: {shell_command('zoo', 'tune', 'MODEL', '--out', folder)}"
        raise DataError(f"{folder} is a study, not a run", hint=hint)
    try:
        return RunConfig.model_validate_json((folder / CONFIG).read_bytes())
    except (OSError, ValidationError) as exc:
        reason = f"{CONFIG}: {first_error(exc)}"
        raise DataError(f"{folder} has no run to resume: {reason}", hint=hint) from exc


def _not_writable(folder: Path, why: str) -> DataError:
    return DataError(
        f"the run's folder {folder} cannot be written: {why}", hint="Name another with --out."
    )


def _next_folder(parent: Path, stem: str) -> Path:
    parent.mkdir(exist_ok=True)
    number = 0
    while True:
        number += 1
        folder = parent / f"{stem}-{number}"
        # Created rather than looked for, because two trainings may start at the same time, and
        # only one of them succeeds in creating it.
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            return folder
