"""A run: one training and its folder of results."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from zoo_core.card import Card, Environment, Initial, Search, read_card
from zoo_core.config import ModelConfig
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.predictions import Predictions
from zoo_core.progress import Progress
from zoo_core.recipe import Recipe
from zoo_core.sampling import TrainingData
from zoo_core.specs import ModelSpec
from zoo_core.validation import first_fault

CONFIG = "config.json"
METRICS = "metrics.jsonl"
WEIGHTS = "model.safetensors"
CARD = "card.json"


class Callbacks(Protocol):
    """Who is told how a training goes."""

    def train_start(self, run: Run, progress: Progress) -> None: ...

    def step_end(self, epoch: int, step: int, steps: int) -> None: ...

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None: ...

    def train_end(self, run: Run, result: Card, predictions: Predictions) -> None: ...


class _Silent:
    """Callbacks that tell nobody."""

    def train_start(self, run: Run, progress: Progress) -> None: ...

    def step_end(self, epoch: int, step: int, steps: int) -> None: ...

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None: ...

    def train_end(self, run: Run, result: Card, predictions: Predictions) -> None: ...


SILENT: Callbacks = _Silent()


@dataclass(frozen=True)
class Run:
    """All that a trainer gets, and all that a training leaves."""

    model: ModelSpec
    config: ModelConfig
    recipe: Recipe
    data: TrainingData
    folder: Path
    callbacks: Callbacks
    initial: Initial | None = None
    """What it begins with, where that is not at random."""

    @property
    def card(self) -> Card:
        """The card in the folder, which is there once the training is done."""
        return read_card(self.folder / CARD)


class RunConfig(BaseModel):
    """``config.json``: what a run was to be, before it began."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    model: str
    plugin: str
    """The distribution that offers the model."""
    config: dict[str, JsonValue]
    """The model's, resolved."""
    recipe_name: str
    changed: tuple[str, ...]
    recipe: Recipe
    search: Search | None = Field(None, exclude_if=lambda search: search is None)
    device: str
    """As the user asked for it."""
    threads: int | None
    """Likewise."""
    environment: Environment
    """In which the training began."""
    versions: dict[str, str]
    """Likewise."""


def check_folder(out: Path) -> None:
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


def make_folder(out: Path | None, model: str) -> Path:
    """Make a run's folder: `out`, or else the first free ``runs/MODEL-1``, ``runs/MODEL-2``, ….

    Raises:
        InvalidValueError: see `check_folder`.
        DataError: it cannot be made.
    """
    try:
        if out is None:
            return _next_folder(Path("runs"), model.replace("/", "-"))
        check_folder(out)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise _not_writable(out or Path("runs"), str(fault.strerror)) from fault
    return out


def unfinished_run(folder: Path) -> RunConfig:
    """Return what the run in a folder was to be, where there is something left to train.

    Raises:
        DataError: there is no run.
        InvalidValueError: it is done.
    """
    try:
        config = RunConfig.model_validate_json((folder / CONFIG).read_bytes())
    except (OSError, ValidationError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else first_fault(fault)
        raise DataError(
            f"{folder} holds no run that could go on: {CONFIG}: {reason}",
            hint="Name the folder of a training that was stopped.",
        ) from fault
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
