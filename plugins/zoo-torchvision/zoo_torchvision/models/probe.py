"""Probe the image sizes and the stem of a model, on the meta device."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn
from torchvision.models import get_model_weights

from zoo_torch.families.probe import CLASSES, SIDES, find_sizes, forward_error
from zoo_torch.families.small_stem import MAX_SIDE, shrink_stem
from zoo_torchvision.models.network import (
    find_stem,
    has_large_stem,
    make_network,
    patch_of,
    take_channels,
)
from zoo_torchvision.models.table import TorchvisionRow

NATIVE = (224, 224)


def probe(name: str) -> TorchvisionRow:
    """Return the row of a model.

    Raises:
        ValueError: the model accepts none of the sizes.
    """
    network = _network(name, NATIVE)
    patch = patch_of(network)
    sides = [side for side in SIDES if side % patch == 0]
    sizes = find_sizes(partial(accepts, name), sides, patch)
    if sizes is None:
        raise ValueError(f"{name} accepts images of none of the sides {sides}")
    small = _small_side(name) if has_large_stem(network) else 0
    network = _network(name, sizes.fitting(28, 28))
    take_channels(network, 1)
    return TorchvisionRow(
        name=name,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        weights=get_model_weights(name).DEFAULT.name,
        least=sizes.least,
        step=sizes.step,
        square=int(sizes.square),
        small=small,
    )


def _small_side(name: str) -> int:
    """Return the side from which on a model with a small stem accepts all sizes; 0 if none."""
    sides = [side for side in SIDES if side <= MAX_SIDE]
    sizes = find_sizes(partial(accepts, name, small=True), sides, 1)
    return sizes.least if sizes and sizes.step == 1 else 0


def accepts(name: str, height: int, width: int, *, small: bool = False) -> bool:
    """Return whether a model learns from images of a size, with a small stem or without."""
    with torch.device("meta"), torch.no_grad():
        try:
            network = _network(name, (height, width)).train()
        except (AssertionError, RuntimeError, ValueError):  # because it is built for some sizes
            return False
        if small:
            shrink_stem(network, find_stem(network))
        return not forward_error(network, height, width, channels=3)


def _network(name: str, size: tuple[int, int]) -> nn.Module:
    """Return a network on the meta device."""
    try:
        with torch.device("meta"):
            return make_network(name, CLASSES, size)
    except NotImplementedError:  # because it computes something as it is built
        with torch.device("cpu"):
            return make_network(name, CLASSES, size).to("meta")
