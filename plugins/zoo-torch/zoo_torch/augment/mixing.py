"""Erased rectangles, and mixed pairs of examples and their losses, on the device."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from zoo_core.plugin_api import Boxes, Mixing


def erase(images: Tensor, boxes: Boxes) -> Tensor:
    """Return normalized images ``(N, C, H, W)``, changed in place: 0, the mean, in rectangles."""
    # Of the images with a rectangle alone, which are a quarter of them in most recipes.
    chosen = np.flatnonzero(boxes[:, 2] > boxes[:, 0])
    places = torch.from_numpy(chosen).to(images.device)
    # By coordinates instead of a loop over the images.
    start, stop = torch.from_numpy(boxes[chosen]).to(images.device).view(-1, 2, 2, 1).unbind(1)
    height, width = images.shape[2:]
    line = torch.arange(max(height, width), device=images.device)
    columns, rows = ((line >= start) & (line < stop)).unbind(1)  # (n, max(H, W)) each
    inside = rows[:, None, :height, None] & columns[:, None, None, :width]
    return images.index_copy_(0, places, images.index_select(0, places).masked_fill_(inside, 0))


def mix(inputs: Tensor, mixing: Mixing) -> Tensor:
    """Return the first n inputs, changed in place: each is mixed with its partner."""
    partners = torch.from_numpy(mixing.partners).to(inputs.device)
    # In place, because a new tensor would not have the layout in which convolutions are fast.
    first = inputs[: len(partners)]
    if mixing.box is None:
        return first.lerp_(inputs.index_select(0, partners), 1 - mixing.share)
    left, top, right, bottom = mixing.box
    part = inputs[:, :, top:bottom, left:right].index_select(0, partners)  # a copy
    first[:, :, top:bottom, left:right] = part
    return first


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
