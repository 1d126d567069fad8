"""Checkpoints: the complete state of a training, to continue it bit by bit.

Each checkpoint is a folder, ``checkpoints/1``, ``checkpoints/2``, …, with the arrays as
safetensors and a manifest with their checksum. The manifest is written last, so a checkpoint
that has one is complete.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from zoo_core.errors import DataError, one_line
from zoo_core.filenames import CONFIG
from zoo_core.frameworks.training_state import FitResult, Rank, TrainingState
from zoo_core.metrics.task import Measured
from zoo_core.recipes.validation import FrozenModel, first_error
from zoo_core.system.atomic_files import write_atomic
from zoo_core.system.terminal import print_lines
from zoo_core.text import shell_command
from zoo_core.training import CHECKPOINT_SECONDS
from zoo_core.weights.card_course import EndDecision
from zoo_core.weights.card_fields import ScoresField
from zoo_core.weights.file import Tensors

ARRAYS, MANIFEST = "state.safetensors", "manifest.json"

MAX_CHECKPOINTS = 2
"""Maximum number of checkpoints that are kept."""
# Two, so that a training whose newest checkpoint is damaged continues from the one before.


class _KeptEpoch(FrozenModel):
    epoch: int
    train: ScoresField
    validation: ScoresField
    rank: Rank


class _Manifest(FrozenModel):
    # The loss of an epoch, and so its rank, may be infinite; JSON alone would write null.
    model_config = ConfigDict(ser_json_inf_nan="constants")

    format: int = 2
    # Because a checkpoint of another recipe would load without an error and continue wrongly.
    config_sha256: str
    """Checksum of the ``config.json`` of the training that the checkpoint belongs to."""
    arrays_sha256: str
    epoch: int
    step: int
    seconds: float
    history: list[dict[str, Any]]
    kept: _KeptEpoch | None
    ranks: tuple[Rank, ...] = ()
    ends: tuple[EndDecision, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint: the state of a training and of its learner."""

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
    # Prefixes, because a learner, the measures and the kept epoch may use the same names.
    arrays = {f"learner.{name}": array for name, array in checkpoint.learner.items()}
    for head, measured in enumerate(training.measured):
        arrays |= {f"columns.{head}.{name}": each for name, each in measured.columns.items()}
        arrays |= {f"counts.{head}.{name}": each for name, each in measured.counts.items()}
    arrays |= {f"kept.{name}": array for name, array in (kept.weights if kept else {}).items()}
    # safetensors requires C order. `np.ascontiguousarray` would turn a 0-d array into a 1-d one.
    content = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
    manifest = _Manifest(
        config_sha256=config_sha256,
        arrays_sha256=hashlib.sha256(content).hexdigest(),
        epoch=training.epoch,
        step=training.step,
        seconds=training.seconds,
        history=training.history,
        kept=_KeptEpoch(
            epoch=kept.epoch, train=kept.train, validation=kept.validation, rank=kept.rank
        )
        if kept
        else None,
        ranks=tuple(training.ranks),
        ends=tuple(training.ends),
    )
    return SerializedCheckpoint((manifest.model_dump_json(indent=1) + "\n").encode(), content)


def deserialize(serialized: SerializedCheckpoint, config_sha256: str | None = None) -> Checkpoint:
    """Return the checkpoint that the contents of its files describe.

    Args:
        serialized: contents of the files.
        config_sha256: checksum of the ``config.json`` of the expected training; None for any.

    Raises:
        ValueError: the contents are damaged, or belong to another training.
    """
    try:
        manifest = _Manifest.model_validate_json(serialized.manifest)
        if manifest.arrays_sha256 != hashlib.sha256(serialized.arrays).hexdigest():
            raise ValueError(f"{ARRAYS} does not have the checksum that {MANIFEST} states")
        if config_sha256 not in (None, manifest.config_sha256):
            raise ValueError(f"it belongs to a training with another {CONFIG}")
        arrays = load(serialized.arrays)
    except ValidationError as exc:
        # Before the ValueError that pydantic's error also is, for a message of one line.
        raise ValueError(f"{MANIFEST} is not a manifest: {first_error(exc)}") from exc
    except SafetensorError as exc:
        raise ValueError(f"{ARRAYS} is not readable: {exc}") from exc

    def group(prefix: str) -> Tensors:
        return {
            name.removeprefix(prefix): array
            for name, array in arrays.items()
            if name.startswith(prefix)
        }

    columns, kept = group("columns."), manifest.kept
    heads = {int(name.partition(".")[0]) for name in columns}
    training = TrainingState(
        epoch=manifest.epoch,
        step=manifest.step,
        measured=[
            Measured(group(f"columns.{head}."), group(f"counts.{head}.")) for head in sorted(heads)
        ],
        kept=FitResult(kept.epoch, group("kept."), kept.train, kept.validation, kept.rank)
        if kept
        else None,
        history=manifest.history,
        seconds=manifest.seconds,
        ranks=list(manifest.ranks),
        ends=list(manifest.ends),
    )
    return Checkpoint(training, group("learner."))


class Checkpoints:
    """The checkpoints of a run.

    Args:
        run: folder of the run, with its ``config.json``.
        every: seconds between two checkpoints; 0 for one at every step.
        start: checkpoint to write if the run has not any yet; None to write nothing.
    """

    def __init__(
        self,
        run: Path,
        *,
        every: float = CHECKPOINT_SECONDS,
        start: Checkpoint | None = None,
    ) -> None:
        self.run, self.folder = run, run / "checkpoints"
        self._config_sha256 = hashlib.sha256((run / CONFIG).read_bytes()).hexdigest()
        self._every = every
        self._last = time.monotonic()  # not the wall clock, which may be set back meanwhile
        if start and not self._numbers():
            self.save(start)

    def due(self) -> bool:
        """Return whether the time for the next checkpoint has come."""
        return time.monotonic() - self._last >= self._every

    def save(self, checkpoint: Checkpoint, *, keep: int = MAX_CHECKPOINTS) -> None:
        """Write a checkpoint, then remove all but the newest `keep`.

        Raises:
            DataError: the checkpoint cannot be written; the earlier ones remain.
        """
        serialized = serialize(checkpoint, self._config_sha256)
        # A new number each time, because the latest checkpoint must survive a failed write.
        folder = self.folder / str(max(self._numbers(), default=0) + 1)
        try:
            folder.mkdir(parents=True)
            write_atomic(folder / ARRAYS, serialized.arrays)
            write_atomic(folder / MANIFEST, serialized.manifest)
        except OSError as exc:
            # On a full disk, the half-written folder would take the space that is missing.
            shutil.rmtree(folder, ignore_errors=True)
            resume = shell_command("zoo", "train", "--resume", self.run)
            raise DataError(
                f"checkpoint {folder} cannot be written: {exc.strerror}",
                hint=f"Fix that, then continue: {resume}",
            ) from exc
        self._last = time.monotonic()
        self._remove_old(keep)

    def latest(self) -> SerializedCheckpoint | None:
        """Return the newest checkpoint that is intact, or None; stderr names damaged ones."""
        for number in reversed(self._numbers()):
            folder = self.folder / str(number)
            if not (folder / MANIFEST).exists():
                continue  # the process was killed while it wrote this one: not worth a warning
            try:
                serialized = SerializedCheckpoint(
                    (folder / MANIFEST).read_bytes(), (folder / ARRAYS).read_bytes()
                )
                deserialize(serialized, self._config_sha256)
            except (OSError, ValueError) as exc:
                print_lines(f"zoo: checkpoint {folder} is skipped: {one_line(exc)}", err=True)
            else:
                return serialized
        return None

    def _remove_old(self, keep: int) -> None:
        numbers = self._numbers()
        # Incomplete folders do not count, or two killed writes would cost the last whole one.
        whole = [number for number in numbers if (self.folder / str(number) / MANIFEST).exists()]
        for number in numbers:
            if number < whole[-keep:][0]:
                shutil.rmtree(self.folder / str(number), ignore_errors=True)

    def _numbers(self) -> list[int]:
        names = [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else []
        # As numbers, because "10" sorts before "9".
        return sorted(int(name) for name in names if name.isdecimal())
