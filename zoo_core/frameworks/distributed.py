"""The process group of a training: this process alone, or all processes that a launcher started.

A launcher, such as torchrun, sets ``RANK`` and ``WORLD_SIZE`` in the environment of each process.
Each process computes its shard of every batch; only rank 0 writes files and prints.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.task import Measured


class Group(Protocol):
    """The processes that train one model together, as one of them sees them."""

    @property
    def rank(self) -> int:
        """The rank of this process, from 0."""

    @property
    def size(self) -> int:
        """The number of processes."""

    def all_gather(self, array: NDArray[Any]) -> list[NDArray[Any]]:
        """Return the arrays of all processes, by rank; the lengths of their first axes may differ.

        Raises:
            TrainingError: a process was lost.
        """


class _SingleProcess:
    rank, size = 0, 1

    def all_gather(self, array: NDArray[Any]) -> list[NDArray[Any]]:
        return [array]


SINGLE_PROCESS: Group = _SingleProcess()


def env_rank() -> int:
    """Return the rank of this process from the launcher's environment; 0 without a launcher."""
    return int(os.environ.get("RANK", "0"))


def env_world_size() -> int:
    """Return the number of processes that the launcher started; 1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """Return whether this process is the only one, or the first that a launcher started."""
    return env_rank() == 0 or env_world_size() == 1


def launcher_restarts() -> int:
    """Return the number of times that torchrun restarted all processes after losing one."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def shard(count: int, group: Group, *, min_size: int = 1) -> slice:
    """Return the shard of `count` items that this process computes; see `shards`."""
    return shards(count, group.size, min_size=min_size)[group.rank]


def shards(count: int, size: int, *, min_size: int = 1) -> list[slice]:
    """Split `count` items into `size` consecutive shards, as equal as possible.

    A shard has at least `min_size` items, or none: the last shards of a small batch are empty.
    """
    # Consecutive, because gathering by rank then restores the order without any index. The
    # `Batch.share` of an empty shard is 0.
    used = max(min(size, count // min_size), 1)
    ends = [count * min(rank, used) // used for rank in range(size + 1)]
    return [slice(start, end) for start, end in pairwise(ends)]


def gather_in_order(
    heads: Sequence[NDArray[Any]],
    counts: Sequence[int],
    group: Group,
    *,
    min_size: int = 1,
) -> list[NDArray[Any]]:
    """Return the rows of all processes in the order that they had before they were sharded.

    Args:
        heads: rows of this process, one array per head.
        counts: sizes of the whole batches.
        group: the processes.
        min_size: minimum size of their shards; see `shards`.
    """
    if group.size == 1:
        return list(heads)
    lengths = np.array(  # (batches, processes)
        [
            [part.stop - part.start for part in shards(count, group.size, min_size=min_size)]
            for count in counts
        ]
    )
    # For each process, the ends of its parts; the last end is left out, as `np.split` expects.
    ends = lengths.cumsum(axis=0)[:-1].T
    whole = []
    for head in heads:
        # One collective call per head, not per batch, because each costs a round trip.
        by_process = [
            np.split(rows, end) for rows, end in zip(group.all_gather(head), ends, strict=True)
        ]
        # Gathering concatenates by process, and the order of samples goes batch by batch.
        by_batch = zip(*by_process, strict=True)
        whole.append(np.concatenate([part for batch in by_batch for part in batch]))
    return whole


def gather_measured(
    heads: Sequence[Measured],
    counts: Sequence[int],
    group: Group,
    *,
    min_size: int = 1,
) -> list[Measured]:
    """Return the measures of all processes; arguments are those of `gather_in_order`."""
    if group.size == 1:
        return list(heads)
    whole = []
    for head in heads:
        # As bytes, because not every collective library sends booleans.
        own = [c.view(np.uint8) if c.dtype == np.bool_ else c for c in head.columns.values()]
        columns = gather_in_order(own, counts, group, min_size=min_size)
        sums = {
            name: np.sum(group.all_gather(count[np.newaxis]), axis=0)[0]
            for name, count in head.counts.items()
        }
        whole.append(Measured(dict(zip(head.columns, columns, strict=True)), sums))
    return whole


def broadcast(content: bytes, group: Group) -> bytes:
    """Return the content of rank 0 on every process."""
    # By the one collective that adapters implement, which accepts arrays of any lengths: the
    # other processes contribute none.
    mine = np.frombuffer(content if group.rank == 0 else b"", np.uint8)
    return group.all_gather(mine)[0].tobytes()
