"""The processes that torchrun starts, as `torch.distributed` connects them."""

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
"""How long a process waits for another that neither answers nor is known to be lost."""


class TorchGroup:
    """This process and those that it trains with."""

    def __init__(self, device: torch.device) -> None:
        if not distributed.is_initialized():  # else by an earlier training of this process
            with _losses_reported():
                _connect("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
            # Else a thread of gloo's may still run when the process ends, which aborts it.
            atexit.register(distributed.destroy_process_group)
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()

    def all_gather(self, array: NDArray[Any]) -> list[NDArray[Any]]:
        with _losses_reported():
            counts = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
            distributed.all_gather(counts, torch.tensor([len(array)]))
            most = max(int(count) for count in counts)
            padded = np.zeros((most, *array.shape[1:]), array.dtype)
            padded[: len(array)] = array
            gathered = [torch.empty(padded.shape, dtype=_dtype(padded)) for _ in counts]
            distributed.all_gather(gathered, torch.from_numpy(padded))
        return [part.numpy()[: int(n)] for part, n in zip(gathered, counts, strict=True)]

    def start_adding_up(self, tensor: Tensor) -> Pending:
        """Begin to replace a contiguous tensor by its sum over all processes."""
        with _losses_reported():
            return Pending(distributed.all_reduce(tensor, async_op=True))

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors of floats, in place, by their sums over all processes."""
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        with _losses_reported():
            distributed.all_reduce(flat)
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view(tensor.shape))


def _connect(backend: str) -> None:
    """Make this process one of the default group.

    The launcher's store outlives the processes. Under a prefix of their own, those that it started
    anew do not find, and wait at, the addresses of the lost.
    """
    store, rank, size = next(rendezvous("env://", timeout=TIMEOUT))
    store = PrefixStore(f"zoo/{launcher_restarts()}", store)
    distributed.init_process_group(
        backend, store=store, rank=rank, world_size=size, timeout=TIMEOUT
    )


class Pending:
    """A sum under way."""

    def __init__(self, work: distributed.Work) -> None:
        self._work = work

    def wait(self) -> None:
        """Return when the tensor is the sum."""
        with _losses_reported():
            self._work.wait()


def _dtype(array: NDArray[Any]) -> torch.dtype:
    return torch.from_numpy(array[:0]).dtype


@contextmanager
def _losses_reported() -> Iterator[None]:
    try:
        yield
    except RuntimeError as exc:
        raise TrainingError(
            "another of the processes that train together is lost, or no longer answers "
            f"({str(exc).splitlines()[0]})",
            hint="Start all of them again with --resume RUN; it goes on from the last checkpoint.",
        ) from exc
