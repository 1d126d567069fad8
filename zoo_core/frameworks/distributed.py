"""The process group of a training: this process alone, or those that a launcher started.

A launcher, such as torchrun, says in the environment how many there are. Each makes its share of
every batch; only the first, rank 0, writes and prints.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Group(Protocol):
    """The processes that train together, seen from one of them."""

    @property
    def rank(self) -> int:
        """Which of them this one is, from 0."""

    @property
    def size(self) -> int:
        """How many they are."""

    def all_gather(self, array: NDArray[Any]) -> list[NDArray[Any]]:
        """Return every process's array, by rank; they differ in the length of the first axis.

        Raises:
            TrainingError: a process is lost.
        """


class _SingleProcess:
    """One process."""

    rank, size = 0, 1

    def all_gather(self, array: NDArray[Any]) -> list[NDArray[Any]]:
        return [array]


SINGLE_PROCESS: Group = _SingleProcess()


def env_rank() -> int:
    """Return this process's rank among those that the launcher started; 0 where there is none."""
    return int(os.environ.get("RANK", "0"))


def env_world_size() -> int:
    """Return how many processes the launcher started; 1 where there is none."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def launcher_restarts() -> int:
    """Return how often torchrun has lost processes and started all anew."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def shard(count: int, group: Group) -> slice:
    """Return which of `count` things are this process's: about as many as any other's."""
    return shards(count, group.size)[group.rank]


def shards(count: int, size: int) -> list[slice]:
    """Part `count` things among `size` processes, in order."""
    ends = [count * rank // size for rank in range(size + 1)]
    return [slice(start, end) for start, end in pairwise(ends)]


def gather_in_order(
    heads: Sequence[NDArray[np.float32]], counts: Sequence[int], group: Group
) -> list[NDArray[np.float32]]:
    """Return the rows of all processes, in the order of the batches that they were parted from.

    Args:
        heads: this process's rows, one array a head.
        counts: sizes of the whole batches.
        group: the processes.
    """
    if group.size == 1:
        return list(heads)
    lengths = np.array(
        [[part.stop - part.start for part in shards(count, group.size)] for count in counts]
    )
    ends = lengths.cumsum(axis=0)[:-1].T  # of each batch's rows in what a process has
    whole = []
    for head in heads:
        parts = [
            np.split(rows, end) for rows, end in zip(group.all_gather(head), ends, strict=True)
        ]
        whole.append(
            np.concatenate([piece for batch in zip(*parts, strict=True) for piece in batch])
        )
    return whole


def broadcast(content: bytes, group: Group) -> bytes:
    """Return the content that rank 0 gives, on every process."""
    mine = np.frombuffer(content if group.rank == 0 else b"", np.uint8)
    return group.all_gather(mine)[0].tobytes()
