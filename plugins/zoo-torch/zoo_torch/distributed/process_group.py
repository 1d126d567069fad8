"""The process group of `torch.distributed`, for processes that torchrun starts."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from zoo_core.plugin_api import TrainingError, launcher_restarts

TIMEOUT = timedelta(minutes=10)
"""Maximum time to wait for another process."""


class TorchGroup:
    """The processes that train one model together, seen from one of them."""

    def __init__(self, device: torch.device) -> None:
        if not distributed.is_initialized():  # an earlier training of this process may have done it
            with _lost_process_errors():
                _connect("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
            # Because a thread of gloo that still runs when the process exits aborts it.
            atexit.register(distributed.destroy_process_group)
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()

    def all_gather(self, array: NDArray[Any]) -> list[NDArray[Any]]:
        with _lost_process_errors():
            # torch gathers tensors of equal shapes only: exchange lengths, pad, cut.
            counts = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
            distributed.all_gather(counts, torch.tensor([len(array)]))
            longest = max(int(count) for count in counts)
            padded = np.zeros((longest, *array.shape[1:]), array.dtype)
            padded[: len(array)] = array
            mine = torch.from_numpy(padded)
            gathered = [torch.empty_like(mine) for _ in counts]
            distributed.all_gather(gathered, mine)
        return [part.numpy()[: int(n)] for part, n in zip(gathered, counts, strict=True)]

    def start_all_reduce(self, tensor: Tensor) -> distributed.Work:
        """Start replacing a contiguous tensor by its sum over all processes; see `wait`."""
        with _lost_process_errors():
            work: distributed.Work = distributed.all_reduce(tensor, async_op=True)
        return work

    def wait(self, work: distributed.Work) -> None:
        """Wait until an all-reduce has finished."""
        with _lost_process_errors():
            work.wait()

    def all_reduce(self, tensors: Sequence[Tensor]) -> None:
        """Replace float tensors, in place, by their sums over all processes."""
        # As one tensor, because many small messages take longer than a large one.
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        with _lost_process_errors():
            distributed.all_reduce(flat)
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view(tensor.shape))


def _connect(backend: str) -> None:
    """Initialize the default process group."""
    store, rank, size = next(rendezvous("env://", timeout=TIMEOUT))
    # The store belongs to the launcher and survives restarts. Without a prefix per restart, new
    # processes would find the addresses of the killed ones and wait for them until the timeout.
    store = PrefixStore(f"zoo/{launcher_restarts()}", store)
    distributed.init_process_group(
        backend, store=store, rank=rank, world_size=size, timeout=TIMEOUT
    )


@contextmanager
def _lost_process_errors() -> Iterator[None]:
    """Raise a `TrainingError` for the RuntimeError of torch about a lost connection."""
    try:
        yield
    except RuntimeError as exc:
        raise TrainingError(
            f"lost the connection to another process of this training ({str(exc).splitlines()[0]})",
            hint="Start all processes again with --resume RUN, from the last checkpoint.",
        ) from exc
