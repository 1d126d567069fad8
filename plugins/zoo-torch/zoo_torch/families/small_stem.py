"""Small stems: the first convolution keeps the size of small images, and no pooling follows it.

They are what the literature on CIFAR gives to networks that were made for ImageNet. Kernels keep
their sizes, so that pretrained weights fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from zoo_core.plugin_api import InvalidValueError
from zoo_torch.families.submodules import replace_submodule

if TYPE_CHECKING:
    from zoo_torch.families.config import FamilyConfig

MAX_SIDE = 64
"""Maximum side, in pixels, of images that get a small stem unless the config says otherwise."""


@dataclass(frozen=True)
class Stem:
    """The layers of a network that shrink images before any others do.

    Attributes:
        convolutions: paths of the strided convolutions of the image; several if parallel.
        pool: path of the max-pooling after them; empty if there is none.
    """

    convolutions: tuple[str, ...]
    pool: str


def shrink_stem(network: nn.Module, stem: Stem) -> None:
    """Make the stem of a network a small one, in place.

    Raises:
        AttributeError: the network has no such modules.
    """
    for path in stem.convolutions:
        convolution = network.get_submodule(path)
        assert isinstance(convolution, nn.Conv2d)
        convolution.stride = (1, 1)
    if stem.pool:
        replace_submodule(network, stem.pool, nn.Identity())


def use_small_stem(config: FamilyConfig, model: str, *, available: bool) -> bool:
    """Return whether a model gets a small stem.

    Args:
        config: of the model.
        model: its name.
        available: whether its stem can be made small.

    Raises:
        InvalidValueError: the config requires a small stem, and none is available.
    """
    if config.stem == "small" and not available:
        raise InvalidValueError(
            f"model.stem is 'small', and {model} has no stem that can be made so",
            hint="Leave it out: the images are enlarged where they are too small.",
        )
    small_images = max(config.input_shape[1:]) <= MAX_SIDE
    return available and (config.stem == "small" or (config.stem == "auto" and small_images))
