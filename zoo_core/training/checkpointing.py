"""The checkpoint manager: decide after each step whether to checkpoint and whether to stop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zoo_core.errors import DataError, InterruptedTrainingError
from zoo_core.frameworks.distributed import SINGLE_PROCESS, Group, broadcast
from zoo_core.system.interrupts import Stop
from zoo_core.system.terminal import print_lines
from zoo_core.text import shell_command
from zoo_core.training.checkpoint import Checkpoint, Checkpoints, SerializedCheckpoint, deserialize


class CheckpointManager:
    """Checkpoint manager of a training, which agrees with the other processes on each decision.

    Args:
        checkpoints: checkpoints of the run; None where none are kept, and on ranks above 0.
        stop: stop request, set by a signal.
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
        """Return the newest intact checkpoint, if there is one."""
        serialized = self._checkpoints.latest() if self._checkpoints else None
        if self.group.size > 1:
            # Sent instead of read by every rank, because only rank 0 needs access to the run's
            # folder; the other processes may be on other machines.
            manifest = broadcast(serialized.manifest if serialized else b"", self.group)
            arrays = broadcast(serialized.arrays if serialized else b"", self.group)
            serialized = SerializedCheckpoint(manifest, arrays) if manifest else None
        return deserialize(serialized) if serialized else None

    def poll(self) -> tuple[int, bool]:
        """Return the signal that any process received, or 0, and whether to write a checkpoint."""
        signal, due = self._stop.signal, self._checkpoints is not None and self._checkpoints.due()
        if self.group.size > 1:
            # Every process has to make the same decision: one that stopped alone would leave the
            # others waiting in their next collective call.
            answers = np.stack(self.group.all_gather(np.array([[signal, due]])))
            signal, due = int(answers[..., 0].max()), bool(answers[..., 1].any())
        return signal, due

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, if this process is the one that writes.

        Raises:
            DataError: the checkpoint cannot be written.
        """
        if self._checkpoints:
            self._checkpoints.save(checkpoint)

    def save_end(self, make: Callable[[], Checkpoint]) -> None:
        """Write the checkpoint of a training's end, from which it can be continued.

        It is the only one that remains. If it cannot be written, stderr states that, because the
        results matter more.
        """
        if self._checkpoints is None and self.group.size == 1:
            return
        checkpoint = make()  # in every process, because a learner may exchange its state
        if self._checkpoints:
            try:
                self._checkpoints.save(checkpoint, keep=1)
            except DataError as exc:
                print_lines(
                    f"zoo: {exc.problem}: this training cannot be continued for more epochs",
                    err=True,
                )

    def interruption_error(self, signal: int, where: str) -> InterruptedTrainingError:
        """Return the error that ends a training after a signal."""
        if self._checkpoints is None:
            return InterruptedTrainingError(signal, f"stopped {where}")
        resume = shell_command("zoo", "train", "--resume", self._checkpoints.run)
        return InterruptedTrainingError(
            signal, f"stopped {where}; nothing is lost. Continue: {resume}"
        )
