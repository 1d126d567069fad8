"""Erased rectangles, and mixed pairs of examples and their losses, on the device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from zoo_core.plugin_api import Boxes, Mixing


def erase(images: Tensor, boxes: Boxes) -> Tensor:
    """Return normalized images ``(N, C, H, W)`` with 0, the mean, in a rectangle of each."""
    # By coordinates, so that no image is treated alone.
    left, top, right, bottom = torch.from_numpy(boxes).to(images.device).T[..., None]  # (N, 1) each
    height, width = images.shape[2:]
    columns = torch.arange(width, device=images.device)
    rows = torch.arange(height, device=images.device)
    inside_rows = (rows >= top) & (rows < bottom)  # (N, H)
    inside_columns = (columns >= left) & (columns < right)  # (N, W)
    inside = inside_rows[:, None, :, None] & inside_columns[:, None, None, :]
    return images.masked_fill_(inside, 0)


def mix(inputs: Tensor, mixing: Mixing) -> Tensor:
    """Return each of the first n inputs mixed with its partner among the inputs."""
    partners = torch.from_numpy(mixing.partners).to(inputs.device)
    first = inputs[: len(partners)]
    if mixing.box is None:
        return torch.lerp(inputs.index_select(0, partners), first, mixing.share)
    left, top, right, bottom = mixing.box
    part = inputs[:, :, top:bottom, left:right].index_select(0, partners)
    mixed = first.clone()
    mixed[:, :, top:bottom, left:right] = part
    return mixed


def mixed_loss(
    loss: Callable[[list[Tensor], list[Tensor]], Tensor],
    outputs: list[Tensor],
    targets: list[Tensor],
    mixing: Mixing,
) -> Tensor:
    """Return the mean of a loss for the targets of both of each pair, weighted by their shares.

    Args:
        loss: function of outputs and targets, one tensor per head.
        outputs: outputs for the pairs.
        targets: targets of all inputs that were mixed.
        mixing: the pairs.
    """
    # Of losses and not of targets, so that it holds for targets that are no numbers to average,
    # such as classes, and for any loss that is a function.
    partners = torch.from_numpy(mixing.partners).to(targets[0].device)
    first = loss(outputs, [target[: len(partners)] for target in targets])
    second = loss(outputs, [target.index_select(0, partners) for target in targets])
    return mixing.share * first + (1 - mixing.share) * second
