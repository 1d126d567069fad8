"""Decide after each step whether to write a checkpoint and whether to stop."""

from __future__ import annotations

import numpy as np

from zoo_core.errors import InterruptedTrainingError
from zoo_core.frameworks.distributed import SINGLE_PROCESS, Group, broadcast
from zoo_core.system.interrupts import Stop
from zoo_core.training.checkpoint import Checkpoint, Checkpoints, SerializedCheckpoint, deserialize


class CheckpointManager:
    """Keeps a training's checkpoints, and agrees with the other processes when to.

    Args:
        checkpoints: of the run; None where nothing is kept, or where another process does.
        stop: set by a signal.
        group: the processes that train together.
    """

    def __init__(
        self,
        checkpoints: Checkpoints | None = None,
        stop: Stop | None = None,
        group: Group = SINGLE_PROCESS,
    ) -> None:
        self._checkpoints, self._stop, self.group = checkpoints, stop or Stop(), group

    def latest(self) -> Checkpoint | None:
        """Return the newest whole checkpoint, if there is one.

        Only rank 0 need see the run's folder; the others may be on other machines.
        """
        packed = self._checkpoints.latest() if self._checkpoints else None
        if self.group.size > 1:
            manifest = broadcast(packed.manifest if packed else b"", self.group)
            arrays = broadcast(packed.arrays if packed else b"", self.group)
            packed = SerializedCheckpoint(manifest, arrays) if manifest else None
        return deserialize(packed) if packed else None

    def poll(self) -> tuple[int, bool]:
        """Return the signal that any process received, 0 for none, and whether to write."""
        signal, due = self._stop.signal, self._checkpoints is not None and self._checkpoints.due()
        if self.group.size > 1:
            answers = np.stack(self.group.all_gather(np.array([[signal, due]])))
            signal, due = int(answers[..., 0].max()), bool(answers[..., 1].any())
        return signal, due

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, if this is the process that writes.

        Raises:
            DataError: it could not be written.
        """
        if self._checkpoints:
            self._checkpoints.save(checkpoint)

    def interruption_error(self, signal: int, where: str) -> InterruptedTrainingError:
        """Return the error that ends a training when a signal asked for it."""
        if self._checkpoints is None:
            return InterruptedTrainingError(signal, f"stopped {where}")
        return InterruptedTrainingError(
            signal,
            f"stopped {where}; nothing is lost. Go on: zoo train --resume {self._checkpoints.run}",
        )
