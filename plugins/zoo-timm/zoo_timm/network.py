"""timm's own networks, by name, for some channels, classes and size."""

from __future__ import annotations

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
        size: that it is told images have; None for models that need not be told, and as timm has it.
        weights: path of a file with pretrained weights; empty for random ones.
    """
    told = {} if size is None else {"img_size": size}
    network: nn.Module = timm.create_model(
        name,
        pretrained=bool(weights),
        pretrained_cfg_overlay={"file": weights} if weights else None,
        in_chans=channels,
        num_classes=classes,
        **told,
    )
    return network
