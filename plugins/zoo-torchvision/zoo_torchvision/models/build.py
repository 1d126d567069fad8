"""Builders of torchvision's models for a data set, as ``zoo_torchvision.models.build:NAME``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torchvision
from torchvision.models import list_models

from zoo_torch.families.sizes import Sizes
from zoo_torch.families.small_stem import shrink_stem, use_small_stem
from zoo_torch.families.table import attribute_per_model, not_installed_error
from zoo_torch.families.wrapper import ResizeAndSplitHeads
from zoo_torchvision.models.network import find_stem, make_network, take_channels
from zoo_torchvision.models.table import table

if TYPE_CHECKING:
    from zoo_torch.families.config import FamilyConfig


def build(name: str, config: FamilyConfig) -> ResizeAndSplitHeads:
    """Return a model of torchvision for a data set's images and classes, with random weights.

    Args:
        name: the model's name in torchvision.
        config: the model's config.

    Raises:
        InvalidValueError: the config requires a small stem and the model has none, or the installed
            torchvision does not have the model.
    """
    row = table().rows[name]
    if name not in list_models(module=torchvision.models):
        raise not_installed_error(table(), name, torchvision.__version__)
    channels, height, width = config.input_shape
    small = use_small_stem(config, f"torchvision/{name}", available=bool(row.small_sizes))
    sizes = Sizes.parse(row.small_sizes if small else row.sizes)
    size = sizes.fitting(height, width)
    network = make_network(name, sum(config.outputs), size)
    if small:
        shrink_stem(network, find_stem(network))
    # torchvision's constructors have no argument for the number of channels.
    if channels != 3:
        take_channels(network, channels)
    return ResizeAndSplitHeads(network, size, config.outputs)


__getattr__ = attribute_per_model(build, table)
