"""timm's own networks, by name, for some channels, classes and size."""

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
    """Return a network of timm's.

    Args:
        name: in timm.
        channels: of an image.
        classes: numbers that it gives for an image.
        size: height and width of an image, for models that have to be told; None for others.
        weights: path of a file with pretrained weights; empty for random ones.
    """
    told: dict[str, Any] = {} if size is None else {"img_size": size}
    network: nn.Module = timm.create_model(
        name,
        pretrained=bool(weights),
        pretrained_cfg_overlay={"file": weights} if weights else None,
        in_chans=channels,
        num_classes=classes,
        **told,
    )
    return network
