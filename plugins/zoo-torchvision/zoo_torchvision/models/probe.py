"""Probe of the image sizes and the small stem that a model accepts, on the meta device."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

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
"""Height and width for which the first network is built, torchvision's default."""


def probe(name: str) -> TorchvisionRow:
    """Return the row of a model.

    Raises:
        ValueError: the model accepts none of the sizes.
    """
    network = _network(name, NATIVE)
    patch = patch_of(network)
    # A side that is not a multiple of the patch would lose the remainder, without an error.
    sides = [side for side in SIDES if side % patch == 0]
    sizes = find_sizes(partial(accepts, name), sides, patch)
    if sizes is None:
        raise ValueError(f"{name} accepts no images with one of the sides {sides}")
    small_sizes = _small_sizes(name) if has_large_stem(network) else ""
    network = _network(name, sizes.fitting(28, 28))
    take_channels(network, 1)  # because the table counts the parameters for gray images
    return TorchvisionRow(
        name=name,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        sizes=str(sizes),
        small_sizes=small_sizes,
    )


def _small_sizes(name: str) -> str:
    """Return the sizes that a model accepts with a small stem; empty unless all sides are."""
    sides = [side for side in SIDES if side <= MAX_SIDE]
    sizes = find_sizes(partial(accepts, name, small=True), sides, 1)
    return str(sizes) if sizes and sizes.step == 1 else ""


def accepts(name: str, height: int, width: int, *, small: bool = False) -> bool:
    """Return whether a model accepts images of a size in training mode."""
    # On the meta device tensors have shapes and no data, so a forward pass costs no memory.
    with torch.device("meta"), torch.no_grad():
        try:
            network = _network(name, (height, width)).train()
        except (AssertionError, RuntimeError, ValueError):  # the constructor rejects the size
            return False
        if small:
            shrink_stem(network, find_stem(network))
        return not forward_error(network, height, width, channels=3)


def _network(name: str, size: tuple[int, int]) -> nn.Module:
    """Return a network on the meta device."""
    try:
        with torch.device("meta"):
            return make_network(name, CLASSES, size)
    except NotImplementedError:  # a constructor that computes values, which need data
        with torch.device("cpu"):
            return make_network(name, CLASSES, size).to("meta")
