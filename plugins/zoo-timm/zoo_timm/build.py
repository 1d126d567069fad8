"""timm's models for a data set: ``zoo_timm.build:NAME`` builds the one of that name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import timm

from zoo_core.plugin_api import InvalidValueError
from zoo_timm.adapted import Adapted
from zoo_timm.network import make_network
from zoo_timm.sizes import Sizes
from zoo_timm.small_stem import SMALL, Stem, open_stem
from zoo_timm.table import Row, table

if TYPE_CHECKING:
    from zoo_timm.config import TimmConfig


def __getattr__(name: str) -> Callable[[TimmConfig], Adapted]:
    if name not in table().rows:
        raise AttributeError(f"there is no {name!r} in the table of timm's models")
    return partial(build, name)


def build(name: str, config: TimmConfig, weights: str = "") -> Adapted:
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
        raise InvalidValueError(
            f"timm {timm.__version__} has no model {name!r}, timm {table().version} has it",
            hint=f"pip install timm=={table().version}",
        )
    channels, *image = config.input_shape
    small = _is_small(row, config)
    sizes = Sizes.parse(row.small_sizes if small else row.sizes)
    size = sizes.fitting(*image)
    told = size if sizes.told else None
    network = make_network(name, channels, sum(config.classes), told, weights)
    if small:
        open_stem(network, Stem(tuple(row.stem.split(",")), row.pool))
    return Adapted(network, size, config.classes)


def _is_small(row: Row, config: TimmConfig) -> bool:
    if config.stem == "small" and not row.stem:
        raise InvalidValueError(
            f"model.stem is 'small', and timm/{row.name} has no stem that can be made so",
            hint="Leave it out: the images are enlarged where they are too small.",
        )
    small_images = max(config.input_shape[1:]) <= SMALL
    return bool(row.stem) and (config.stem == "small" or (config.stem == "auto" and small_images))
