"""timm's models for a data set: ``zoo_timm.build:NAME`` builds the one of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import timm

from zoo_core.plugin_api import InvalidValueError
from zoo_timm.network import make_network
from zoo_timm.table import table
from zoo_torch.families.sizes import Sizes
from zoo_torch.families.small_stem import Stem, shrink_stem, use_small_stem
from zoo_torch.families.table import attribute_per_model, not_installed_error
from zoo_torch.families.wrapper import ResizeAndSplitHeads

if TYPE_CHECKING:
    from zoo_torch.families.config import FamilyConfig


def build(name: str, config: FamilyConfig, weights: str = "") -> ResizeAndSplitHeads:
    """Return a model of timm's for a data set's images and classes.

    Args:
        name: in timm.
        config: of the model.
        weights: path of a file with pretrained weights; empty for random ones.

    Raises:
        InvalidValueError: it cannot be built, has no small stem, or the timm here lacks it.
    """
    row = table().rows[name]
    if row.problem:
        raise InvalidValueError(
            f"timm/{name} cannot be trained by zoo: {row.problem}",
            hint="Choose another: zoo list models",
        )
    if not timm.is_model(name):
        raise not_installed_error(table(), name, timm.__version__)
    channels, *image = config.input_shape
    small = use_small_stem(config, f"timm/{name}", available=bool(row.stem))
    sizes = Sizes.parse(row.small_sizes if small else row.sizes)
    size = sizes.fitting(*image)
    told = size if sizes.told else None
    network = make_network(name, channels, sum(config.classes), told, weights)
    if small:
        shrink_stem(network, Stem(tuple(row.stem.split(",")), row.pool))
    return ResizeAndSplitHeads(network, size, config.classes)


__getattr__ = attribute_per_model(build, table)
