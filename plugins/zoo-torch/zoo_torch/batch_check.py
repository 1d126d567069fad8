"""A check, before the first step, that a model can be trained in batches of one image."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from zoo_core.plugin_api import InvalidValueError

TORCH_MESSAGE = "more than 1 value per channel"
"""Part of torch's message for a batch with one value per channel."""


def check_single_image(
    model: nn.Module,
    prepare: Callable[[Tensor], Tensor],
    shape: tuple[int, int, int],
    device: torch.device,
    *,
    batch_size: int,
    processes: int,
    available: int,
) -> None:
    """Check that a model can be trained if a process has one image per step.

    Args:
        model: the model, whose weights and buffers do not change.
        prepare: function that normalizes uint8 images.
        shape: channels, height and width of an image.
        device: device of the model.
        batch_size: number of images of a step, over all processes.
        processes: number of processes.
        available: number of training images.

    Raises:
        InvalidValueError: a process has one image, and a layer needs several, such as batch
            normalization.
    """
    # The core's loop gives a process one image only if no full batch has two per process.
    expected = 2 * processes
    if batch_size >= expected:
        return
    image = torch.zeros((1, *shape), dtype=torch.uint8, device=device)
    if _accepts(model, prepare(image)):
        return
    each = f" for {processes} processes" if processes > 1 else ""
    raise InvalidValueError(
        f"invalid recipe: batch_size: expected at least {expected}{each}, because the model "
        f"normalizes over the images of a batch, got {batch_size}",
        hint=f"Choose a larger one: --set batch_size={expected}"
        if available >= expected
        else f"Add images to the data set: {available} for training are too few.",
    )


def _accepts(model: nn.Module, image: Tensor) -> bool:
    """Return whether a model in training accepts a batch of one image."""
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    try:
        with torch.no_grad():
            model.train()(image)
    except ValueError as exc:
        if TORCH_MESSAGE in str(exc):
            return False
        raise
    finally:
        for name, buffer in model.named_buffers():
            # Because the pass has changed the running statistics of batch normalization.
            buffer.copy_(buffers[name])
    return True
