"""Probe of the image sizes that a network accepts, by forward passes."""

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
"""Height and width of rectangles to probe, as steps beyond the smallest size."""
# Odd and even numbers, because each stride of 2 rounds an odd side up or down: a network whose
# branches round differently fails for some of them only.


def find_sizes(
    accepts: Callable[[int, int], bool], sides: Iterable[int], patch: int
) -> Sizes | None:
    """Return the sizes that a network accepts: the smallest side, and the step to larger ones.

    Without a step that works, the result is only the smallest side; without a side, None.

    Args:
        accepts: function that returns whether the network accepts a height and width.
        sides: sides to probe, in ascending order.
        patch: divisor of larger sides.
    """
    alone = None
    for side in sides:
        if accepts(side, side):
            if larger := _find_step(accepts, side, patch):
                return larger
            alone = alone or Sizes(side, 0)
    return alone


def _find_step(accepts: Callable[[int, int], bool], least: int, patch: int) -> Sizes | None:
    # Powers of 2, because networks halve their images; the side itself as the last resort.
    for step in (*(patch * times for times in (1, 2, 4, 8, 16)), least):
        if least % step == 0:
            beyond = [(least + high * step, least + wide * step) for high, wide in BEYOND]
            if all(accepts(height, width) for height, width in beyond):
                return Sizes(least, step)
            if all(accepts(side, side) for side, _ in beyond):
                return Sizes(least, step, square=True)
    return None


def forward_error(network: nn.Module, height: int, width: int, channels: int) -> str:
    """Return the reason why a network returns no logits for two images; empty if it does."""
    try:
        # Two images, because batch normalization in training refuses a single 1x1 map.
        output = network(torch.empty(2, channels, height, width))
    except Exception as exc:  # because networks raise errors of many types for unsuitable sizes
        return error_text(exc)
    if not isinstance(output, Tensor):
        return f"expected a tensor, got a {type(output).__name__}"
    if output.shape != (2, CLASSES):
        return f"expected logits of shape (2, {CLASSES}), got {tuple(output.shape)}"
    return ""


def error_text(exc: Exception) -> str:
    """Return the start of an error's message, on one line."""
    return " ".join(str(exc).split())[:160] or type(exc).__name__
