"""Gradient synchronization: all-reduce of gradients and batch statistics in every step.

Large gradients are sent while the backward pass still runs, all others together after it.
"""
# Gradients are summed, of losses that were scaled by each process's share of the batch, so that a
# last batch of any size counts each image once. (torch's DistributedDataParallel divides by the
# number of processes, as if all had the same number of images.)

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, distributed, nn, zeros_like

from zoo_torch.distributed.process_group import TorchGroup

MIN_ASYNC_SIZE = 50_000
"""Minimum number of elements of a gradient that is sent during the backward pass."""


class GradientSynchronizer:
    """Sums over all processes the gradients that each computed for its share of a batch.

    Args:
        model: the model in training.
        group: the processes.
    """

    def __init__(self, model: nn.Module, group: TorchGroup) -> None:
        self._group = group
        self._trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._large = {
            parameter for parameter in self._trained if parameter.numel() >= MIN_ASYNC_SIZE
        }
        # Running mean and variance of batch normalization; its integer counters agree anyway.
        self._statistics = [b for b in model.buffers() if b.is_floating_point()]
        self._pending: list[distributed.Work] = []
        self._held = False
        for parameter in self._large:
            parameter.register_post_accumulate_grad_hook(self._send)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Send no gradient, because later backward passes of the same step add to it."""
        self._held = True
        yield
        self._held = False

    def complete(self, share: float) -> None:
        """Replace gradients and statistics by those of the whole batch.

        Each process has scaled its loss by its share of the batch, so gradients are summed. Batch
        normalization uses each process's own images, as usual; its statistics are averaged.
        """
        for parameter in self._trained:
            if not parameter.requires_grad:  # it is frozen up to a later epoch
                continue
            # An unused parameter has no gradient and its hook is not called; but all processes must
            # send the same tensors in the same order.
            if parameter.grad is None:
                parameter.grad = zeros_like(parameter)
                if parameter in self._large:
                    self._send(parameter)
        for buffer in self._statistics:
            buffer.mul_(share)  # the shares sum to 1: the sum is a weighted mean
        small = [p.grad for p in self._trained if p.grad is not None and p not in self._large]
        self._group.all_reduce([*small, *self._statistics])
        for work in self._pending:
            self._group.wait(work)
        self._pending = []

    def _send(self, parameter: Tensor) -> None:
        if self._held:
            return
        assert parameter.grad is not None
        # all_reduce requires contiguous memory, which a channels-last gradient does not have.
        parameter.grad = parameter.grad.contiguous()
        self._pending.append(self._group.start_all_reduce(parameter.grad))
