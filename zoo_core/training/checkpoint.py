"""Checkpoints: all state that a training needs to continue to the bit.

Each is a folder of its own, ``checkpoints/1``, ``checkpoints/2``, …: the arrays as safetensors,
then a manifest with their checksum. The manifest comes last, so that where it is, all is there.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from zoo_core.errors import DataError, one_line
from zoo_core.filenames import CONFIG
from zoo_core.frameworks.training_state import FitResult, TrainingState
from zoo_core.metrics.scores import Scores
from zoo_core.recipes.validation import first_error
from zoo_core.system.atomic_files import write_atomic
from zoo_core.training import CHECKPOINT_SECONDS
from zoo_core.weights.file import Tensors

ARRAYS, MANIFEST = "state.safetensors", "manifest.json"

MAX_CHECKPOINTS = 2
"""How many of the newest are kept: should one be damaged, the one before it serves."""


class _KeptEpoch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: int
    train: Scores
    validation: Scores


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    config_sha256: str
    """Of the run's ``config.json``: the checkpoint is of that training and no other."""
    arrays_sha256: str
    epoch: int
    step: int
    seconds: float
    history: list[dict[str, Any]]
    kept: _KeptEpoch | None


@dataclass(frozen=True)
class Checkpoint:
    """A training's progress and its learner's state."""

    training: TrainingState
    learner: Tensors


@dataclass(frozen=True)
class SerializedCheckpoint:
    """A checkpoint as the contents of its files."""

    manifest: bytes
    arrays: bytes


def serialize(checkpoint: Checkpoint, config_sha256: str) -> SerializedCheckpoint:
    """Return the contents of a checkpoint's files."""
    training, kept = checkpoint.training, checkpoint.training.kept
    arrays = {f"learner.{name}": array for name, array in checkpoint.learner.items()}
    arrays |= {f"logits.{head}": array for head, array in enumerate(training.logits)}
    arrays |= {f"kept.{name}": array for name, array in (kept.weights if kept else {}).items()}
    content = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
    manifest = _Manifest(
        config_sha256=config_sha256,
        arrays_sha256=hashlib.sha256(content).hexdigest(),
        epoch=training.epoch,
        step=training.step,
        seconds=training.seconds,
        history=training.history,
        kept=_KeptEpoch(epoch=kept.epoch, train=kept.train, validation=kept.validation)
        if kept
        else None,
    )
    return SerializedCheckpoint((manifest.model_dump_json(indent=1) + "\n").encode(), content)


def deserialize(packed: SerializedCheckpoint, config_sha256: str | None = None) -> Checkpoint:
    """Return the checkpoint in its files' contents.

    Args:
        packed: the contents.
        config_sha256: of the ``config.json`` of the training that it must be of; None for any.

    Raises:
        ValueError: they are damaged, or of another training; it says which.
    """
    try:
        manifest = _Manifest.model_validate_json(packed.manifest)
        if manifest.arrays_sha256 != hashlib.sha256(packed.arrays).hexdigest():
            raise ValueError(f"{ARRAYS} does not have the checksum that {MANIFEST} states")
        if config_sha256 not in (None, manifest.config_sha256):
            raise ValueError("it is of a training with another config.json")
        arrays = load(packed.arrays)
    except ValidationError as exc:
        raise ValueError(f"{MANIFEST} is not a manifest: {first_error(exc)}") from exc
    except SafetensorError as exc:
        raise ValueError(f"{ARRAYS} is not readable: {exc}") from exc

    def group(prefix: str) -> Tensors:
        return {
            name.removeprefix(prefix): array
            for name, array in arrays.items()
            if name.startswith(prefix)
        }

    logits = group("logits.")
    kept = manifest.kept
    training = TrainingState(
        epoch=manifest.epoch,
        step=manifest.step,
        logits=[logits[str(head)] for head in range(len(logits))],
        kept=FitResult(kept.epoch, group("kept."), kept.train, kept.validation) if kept else None,
        history=manifest.history,
        seconds=manifest.seconds,
    )
    return Checkpoint(training, group("learner."))


class Checkpoints:
    """The checkpoints of a run.

    Args:
        run: the run's folder, with its ``config.json``.
        every: seconds between two; 0 for one at every step.
    """

    def __init__(self, run: Path, *, every: float = CHECKPOINT_SECONDS) -> None:
        self.run, self.folder = run, run / "checkpoints"
        self._config_sha256 = hashlib.sha256((run / CONFIG).read_bytes()).hexdigest()
        self._every = every
        self._last = time.monotonic()

    def due(self) -> bool:
        """Say whether it is time for one."""
        return time.monotonic() - self._last >= self._every

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, then remove what is older than the newest few.

        Raises:
            DataError: it could not be written; those that were there still are.
        """
        packed = serialize(checkpoint, self._config_sha256)
        number = max(self._numbers(), default=0) + 1
        folder = self.folder / str(number)
        try:
            folder.mkdir(parents=True)
            write_atomic(folder / ARRAYS, packed.arrays)
            write_atomic(folder / MANIFEST, packed.manifest)
        except OSError as exc:
            shutil.rmtree(folder, ignore_errors=True)
            raise DataError(
                f"checkpoint {folder} cannot be written: {exc.strerror}",
                hint=f"When that is mended, go on: zoo train --resume {self.run}",
            ) from exc
        self._last = time.monotonic()
        self._remove_old()

    def latest(self) -> SerializedCheckpoint | None:
        """Return the newest that is whole, or None; what is damaged is named on stderr."""
        for number in sorted(self._numbers(), reverse=True):
            folder = self.folder / str(number)
            if not (folder / MANIFEST).exists():
                continue  # its writing was cut off, and the one before it is whole
            try:
                packed = SerializedCheckpoint(
                    (folder / MANIFEST).read_bytes(), (folder / ARRAYS).read_bytes()
                )
                deserialize(packed, self._config_sha256)
            except (OSError, ValueError) as exc:
                sys.stderr.write(f"zoo: checkpoint {folder} is passed over: {one_line(exc)}\n")
            else:
                return packed
        return None

    def _remove_old(self) -> None:
        numbers = sorted(self._numbers())
        whole = [number for number in numbers if (self.folder / str(number) / MANIFEST).exists()]
        for number in numbers:
            if number < whole[-MAX_CHECKPOINTS:][0]:
                shutil.rmtree(self.folder / str(number), ignore_errors=True)

    def _numbers(self) -> Iterator[int]:
        if self.folder.is_dir():
            names = (path.name for path in self.folder.iterdir())
            yield from (int(name) for name in names if name.isdecimal())
