"""A check, before the first step, that a model can be trained in batches of one example."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from zoo_core.plugin_api import InvalidValueError

TORCH_MESSAGE = "more than 1 value per channel"
"""Part of torch's message for a batch with one value per channel."""


def check_single_example(
    model: nn.Module,
    prepare: Callable[[Tensor], Tensor],
    one: Tensor,
    *,
    batch_size: int,
    processes: int,
    available: int,
) -> None:
    """Check that a model can be trained if a process has one example per step.

    Args:
        model: the model, whose weights and buffers do not change.
        prepare: function that normalizes inputs.
        one: one input, ``(1, *shape)``, on the device of the model.
        batch_size: number of examples of a step, over all processes.
        processes: number of processes.
        available: number of training examples.

    Raises:
        InvalidValueError: a process has one example, and a layer needs several, such as batch
            normalization.
    """
    # The core's loop gives a process one example only if no full batch has two per process.
    expected = 2 * processes
    if batch_size >= expected:
        return
    if _accepts(model, prepare(one)):
        return
    each = f" for {processes} processes" if processes > 1 else ""
    raise InvalidValueError(
        f"invalid recipe: batch_size: expected at least {expected}{each}, because the model "
        f"normalizes over the examples of a batch, got {batch_size}",
        hint=f"Choose a larger one: --set batch_size={expected}"
        if available >= expected
        else f"Add examples to the data set: {available} for training are too few.",
    )


def _accepts(model: nn.Module, one: Tensor) -> bool:
    """Return whether a model in training accepts a batch of one example."""
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    try:
        with torch.no_grad():
            model.train()(one)
    except ValueError as exc:
        if TORCH_MESSAGE in str(exc):
            return False
        raise
    finally:
        for name, buffer in model.named_buffers():
            # Because the pass has changed the running statistics of batch normalization.
            buffer.copy_(buffers[name])
    return True
