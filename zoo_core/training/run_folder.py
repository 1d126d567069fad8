"""The run's folder: its config file, its creation, unfinished runs."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, JsonValue, ValidationError

from zoo_core.errors import DataError, InvalidValueError
from zoo_core.filenames import CARD, CONFIG, WEIGHTS
from zoo_core.recipes.recipe import Recipe, SearchSummary
from zoo_core.recipes.validation import FrozenModel, first_error
from zoo_core.weights.card import Environment


class RunConfig(FrozenModel):
    """``config.json``: what a run was to be, before it began."""

    format: int = 1
    model: str
    plugin: str
    """The distribution that offers the model."""
    config: dict[str, JsonValue]
    """The model's, resolved."""
    recipe_name: str
    changed: tuple[str, ...]
    recipe: Recipe
    search: SearchSummary | None = Field(None, exclude_if=lambda search: search is None)
    device: str
    """As the user asked for it."""
    threads: int | None
    """Likewise."""
    environment: Environment
    """In which the training began."""
    versions: dict[str, str]
    """Likewise."""


def check_run_folder(out: Path) -> None:
    """See that a folder can take a run, without touching anything.

    Raises:
        InvalidValueError: it holds something, or is a file.
        DataError: it could not be made or written to.
    """
    if out.exists() and not out.is_dir():
        raise InvalidValueError(f"--out {out} is a file", hint="Name a new or empty folder.")
    if out.is_dir() and any(out.iterdir()):
        raise InvalidValueError(
            f"the folder {out} is not empty, and a run overwrites nothing",
            hint="Name a new or empty folder with --out.",
        )
    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise _not_writable(out, f"{there} is {'read-only' if there.is_dir() else 'a file'}")


def make_run_folder(out: Path | None, model: str) -> Path:
    """Make a run's folder: `out`, or else the first free ``runs/MODEL-1``, ``runs/MODEL-2``, ….

    Raises:
        InvalidValueError: see `check_run_folder`.
        DataError: it cannot be made.
    """
    try:
        if out is None:
            return _next_folder(Path("runs"), model.replace("/", "-"))
        check_run_folder(out)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _not_writable(out or Path("runs"), str(exc.strerror)) from exc
    return out


def unfinished_run(folder: Path) -> RunConfig:
    """Return what the run in a folder was to be, where there is something left to train.

    Raises:
        DataError: there is no run.
        InvalidValueError: it is done.
    """
    try:
        config = RunConfig.model_validate_json((folder / CONFIG).read_bytes())
    except (OSError, ValidationError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else first_error(exc)
        raise DataError(
            f"{folder} holds no run that could go on: {CONFIG}: {reason}",
            hint="Name the folder of a training that was stopped.",
        ) from exc
    if (folder / CARD).exists():
        raise InvalidValueError(
            f"the training in {folder} is done, there is nothing to go on with",
            hint=f"Its weights are in {folder / WEIGHTS}.",
        )
    return config


def _not_writable(folder: Path, why: str) -> DataError:
    return DataError(
        f"the run's folder {folder} cannot be written: {why}", hint="Name another with --out."
    )


def _next_folder(parent: Path, stem: str) -> Path:
    parent.mkdir(exist_ok=True)
    number = 1
    while True:
        folder = parent / f"{stem}-{number}"
        try:
            folder.mkdir()  # fails where another run has just taken the number
        except FileExistsError:
            number += 1
        else:
            return folder
