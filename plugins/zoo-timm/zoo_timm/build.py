"""Builders of timm's models for a data set, as ``zoo_timm.build:NAME``."""

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
    """Return a model of timm for a data set's images and classes.

    Args:
        name: the model's name in timm.
        config: the model's config.
        weights: path of a file with pretrained weights; empty for random ones.

    Raises:
        InvalidValueError: zoo cannot train the model, the config requires a small stem and the
            model has none, or the installed timm does not have the model.
    """
    row = table().rows[name]
    if row.problem:
        raise InvalidValueError(
            f"timm/{name} cannot be trained by zoo: {row.problem}",
            hint="Choose another one: run `zoo list models`",
        )
    if not timm.is_model(name):
        raise not_installed_error(table(), name, timm.__version__)
    channels, *image = config.input_shape
    # The row decides the sizes and the stem, so that nothing is probed here: a probe runs the
    # network dozens of times.
    small = use_small_stem(config, f"timm/{name}", available=bool(row.stem))
    sizes = Sizes.parse(row.small_sizes if small else row.sizes)
    size = sizes.fitting(*image)
    fixed = size if sizes.fixed else None
    # One classifier for all heads; the wrapper splits its logits.
    network = make_network(name, channels, sum(config.outputs), fixed, weights)
    if small:
        shrink_stem(network, Stem(tuple(row.stem.split(",")), row.pool))
    return ResizeAndSplitHeads(network, size, config.outputs)


__getattr__ = attribute_per_model(build, table)
