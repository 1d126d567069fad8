"""Probe the image sizes that a network accepts, by forward passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from zoo_torch.families.sizes import Sizes

CLASSES = 10
"""Number of logits of a probed network."""

SIDES = (28, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512)
"""Sides to probe, in pixels."""

BEYOND = ((1, 2), (5, 3), (10, 14))
"""Rectangles to probe beyond the smallest size, in steps: halved again and again, their sides are
odd and even by turns."""


def find_sizes(
    accepts: Callable[[int, int], bool], sides: Iterable[int], patch: int
) -> Sizes | None:
    """Return the sizes that a network accepts: the smallest side, and the step to larger ones.

    If no step works from any side, the result is the smallest side alone; None if there is none.

    Args:
        accepts: returns whether the network accepts a height and width.
        sides: to probe, in rising order.
        patch: larger sides have to be multiples of it, at least.
    """
    alone = None
    for side in sides:
        if accepts(side, side):
            if larger := _find_step(accepts, side, patch):
                return larger
            alone = alone or Sizes(side, 0)
    return alone


def _find_step(accepts: Callable[[int, int], bool], least: int, patch: int) -> Sizes | None:
    for step in (*(patch * times for times in (1, 2, 4, 8, 16)), least):
        if least % step == 0:
            beyond = [(least + high * step, least + wide * step) for high, wide in BEYOND]
            if all(accepts(height, width) for height, width in beyond):
                return Sizes(least, step)
            if all(accepts(side, side) for side, _ in beyond):
                return Sizes(least, step, square=True)
    return None


def forward_error(network: nn.Module, height: int, width: int, channels: int) -> str:
    """Return why a network gives no logits for two images; empty if it gives them."""
    try:
        output = network(torch.empty(2, channels, height, width))
    except Exception as exc:  # because networks refuse sizes in as many ways as there are networks
        return error_text(exc)
    if not isinstance(output, Tensor):
        return f"it gives a {type(output).__name__}"
    if output.shape != (2, CLASSES):
        return f"it gives {tuple(output.shape)}, not {CLASSES} numbers for each of 2 images"
    return ""


def error_text(exc: Exception) -> str:
    """Return the start of an error's message, on one line."""
    return " ".join(str(exc).split())[:160] or type(exc).__name__
