"""Gradient synchronization: one step of several processes, with the gradients of the whole batch.

Large gradients are sent while backward still runs, the rest at once. Batch normalization uses each
process's own images, as usual, and its running statistics become the mean.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from zoo_torch.distributed.process_group import Pending, TorchGroup

MIN_ASYNC_BYTES = 50_000
"""Numbers in a gradient that is sent by itself, while backward goes on; the others go together."""


class GradientSynchronizer:
    """Adds up what the processes of a group find, each in its share of a batch.

    Args:
        model: what they train.
        group: the processes.
    """

    def __init__(self, model: nn.Module, group: TorchGroup) -> None:
        self._group = group
        self._learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._large = {
            parameter for parameter in self._learned if parameter.numel() >= MIN_ASYNC_BYTES
        }
        self._statistics = [b for b in model.buffers() if b.is_floating_point()]
        self._pending: dict[Tensor, Pending] = {}
        for parameter in self._large:
            parameter.register_post_accumulate_grad_hook(self._send)

    def complete(self, share: float) -> None:
        """Make gradients and statistics those of the whole batch.

        Gradients are of losses that were scaled by each process's share of the batch. Statistics
        become the mean of the processes', each of its own images.
        """
        for parameter in self._learned:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
                if parameter in self._large:
                    self._send(parameter)
        for buffer in self._statistics:
            buffer.mul_(share)
        small = [p.grad for p in self._learned if p.grad is not None and p not in self._large]
        self._group.add_up([*small, *self._statistics])
        for pending in self._pending.values():
            pending.wait()
        self._pending = {}

    def _send(self, parameter: Tensor) -> None:
        assert parameter.grad is not None
        parameter.grad = parameter.grad.contiguous()
        self._pending[parameter] = self._group.start_adding_up(parameter.grad)
