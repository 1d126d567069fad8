"""timm's networks by name, for a number of channels and classes and an image size."""

from __future__ import annotations

from typing import Any

import timm
from torch import nn


def make_network(
    name: str,
    channels: int,
    classes: int,
    size: tuple[int, int] | None = None,
    weights: str = "",
) -> nn.Module:
    """Return a network of timm.

    Args:
        name: the network's name in timm.
        channels: number of channels of an image.
        classes: number of logits per image.
        size: height and width of an image, for constructors that require it; None for others.
        weights: path of a file with pretrained weights; empty for random ones.
    """
    # Only where it is required, because other constructors raise TypeError for `img_size`.
    image_size: dict[str, Any] = {} if size is None else {"img_size": size}
    network: nn.Module = timm.create_model(
        name,
        pretrained=bool(weights),
        # Not `checkpoint_path`, because timm adapts only pretrained weights to `in_chans` and
        # `img_size`.
        pretrained_cfg_overlay={"file": weights} if weights else None,
        in_chans=channels,
        num_classes=classes,
        **image_size,
    )
    return network
