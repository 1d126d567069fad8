"""What a model takes, found by trying: networks are run without memory or arithmetic."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn
from torchvision.models import get_model_weights

from zoo_torchvision.models.network import (
    has_large_stem,
    make_network,
    patch_of,
    shrink_stem,
    take_channels,
)
from zoo_torchvision.models.table import Row

CLASSES = 10

NATIVE = (224, 224)

SIDES = (28, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224)
"""Sides that are tried, in pixels."""

BEYOND = (1, 5, 14)
"""Sides beyond the smallest one that are tried, in steps."""


def probe(name: str) -> Row:
    """Return what is known of a model of torchvision's."""
    network = _network(name, NATIVE)
    patch = patch_of(network)
    least = _least(name, patch)
    step = next(step for step in (patch, least) if _goes_on(name, least, step))
    square = not takes(name, (least, least + step))
    small = _least(name, 1, small=True) if has_large_stem(network) else 0
    row = Row(name, 0, get_model_weights(name).DEFAULT.name, least, step, int(square), small)
    network = _network(name, row.fitting(28, 28, small=bool(small)))
    take_channels(network, 1)
    return replace(row, parameters=sum(parameter.numel() for parameter in network.parameters()))


def _least(name: str, patch: int, *, small: bool = False) -> int:
    """Return the smallest side, from which on a small stem has to take all; 0 if there is none."""
    for side in SIDES:
        if side % patch == 0 and takes(name, (side, side), small=small):
            return side if not small or _goes_on(name, side, 1, small=True) else 0
    return 0


def _goes_on(name: str, least: int, step: int, *, small: bool = False) -> bool:
    return all(takes(name, (least + step * times,) * 2, small=small) for times in BEYOND)


def takes(name: str, size: tuple[int, int], *, small: bool = False) -> bool:
    """Say whether a network learns from images of a size."""
    with torch.device("meta"), torch.no_grad():
        try:
            network = _network(name, size).train()
            if small:
                shrink_stem(network)
            return bool(network(torch.empty(2, 3, *size)).shape == (2, CLASSES))
        except (AssertionError, RuntimeError, ValueError):  # in as many ways as there are networks
            return False


def _network(name: str, size: tuple[int, int]) -> nn.Module:
    """Return a network without memory."""
    try:
        with torch.device("meta"):
            return make_network(name, CLASSES, size)
    except NotImplementedError:  # it computes something as it is built
        with torch.device("cpu"):
            return make_network(name, CLASSES, size).to("meta")
