"""torchvision's models for a data set: ``zoo_torchvision.models.build:NAME`` builds the one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import torchvision
from torchvision.models import list_models

from zoo_core.plugin_api import InvalidValueError
from zoo_torchvision.models.adapted import Adapted
from zoo_torchvision.models.network import make_network, shrink_stem, take_channels
from zoo_torchvision.models.table import Row, table

if TYPE_CHECKING:
    from zoo_torchvision.models.config import TorchvisionConfig

SMALL = 64
"""Pixels: images whose sides are longer get no small stem unless it is asked for."""


def __getattr__(name: str) -> Callable[[TorchvisionConfig], Adapted]:
    if name not in table().rows:
        raise AttributeError(f"there is no {name!r} in the table of torchvision's models")
    return partial(build, name)


def build(name: str, config: TorchvisionConfig) -> Adapted:
    """Return a model of torchvision's for a data set's images and classes, with random weights.

    Args:
        name: in torchvision.
        config: of the model.

    Raises:
        InvalidValueError: it has no small stem, or torchvision has it no longer or not yet.
    """
    row = table().rows[name]
    if name not in list_models(module=torchvision.models):
        raise InvalidValueError(
            f"torchvision {torchvision.__version__} has no model {name!r}, "
            f"torchvision {table().version} has it",
            hint=f"pip install torchvision=={table().version}",
        )
    channels, height, width = config.input_shape
    small = _is_small(row, config)
    size = row.fitting(height, width, small=small)
    network = make_network(name, sum(config.classes), size)
    if small:
        shrink_stem(network)
    if channels != 3:
        take_channels(network, channels)
    return Adapted(network, size, config.classes)


def _is_small(row: Row, config: TorchvisionConfig) -> bool:
    if config.stem == "small" and not row.small:
        raise InvalidValueError(
            f"model.stem is 'small', and torchvision/{row.name} has no stem that can be made so",
            hint="Leave it out: the images are enlarged where they are too small.",
        )
    small_images = max(config.input_shape[1:]) <= SMALL
    return bool(row.small) and (config.stem == "small" or (config.stem == "auto" and small_images))
