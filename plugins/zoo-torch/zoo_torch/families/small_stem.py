"""Small stems: the first convolution keeps the size of small images, without pooling after it.

This is the usual change of ImageNet networks for CIFAR, whose images have 32 pixels.
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
"""Maximum side, in pixels, of images for which `auto` selects a small stem."""


@dataclass(frozen=True)
class Stem:
    """The first layers of a network, which reduce the size of its images.

    Attributes:
        convolutions: paths of the strided convolutions of the image; several if parallel.
        pool: path of the max-pooling after them, or empty.
    """

    convolutions: tuple[str, ...]
    pool: str


def shrink_stem(network: nn.Module, stem: Stem) -> None:
    """Change the stem of a network into a small one, in place.

    Raises:
        AttributeError: the network has no modules at the paths of the stem.
    """
    for path in stem.convolutions:
        convolution = network.get_submodule(path)
        assert isinstance(convolution, nn.Conv2d)
        convolution.stride = (1, 1)  # the kernel keeps its size, so that pretrained weights fit
    if stem.pool:
        # Identity, because removing an entry would renumber the others of an nn.Sequential.
        replace_submodule(network, stem.pool, nn.Identity())


def use_small_stem(config: FamilyConfig, model: str, *, available: bool) -> bool:
    """Return whether a model uses a small stem.

    Args:
        config: config of the model.
        model: name of the model.
        available: whether the model has a stem that can be made small.

    Raises:
        InvalidValueError: the config requires a small stem, and none is available.
    """
    if config.stem == "small" and not available:
        raise InvalidValueError(
            f"model.stem is 'small', but {model} has no stem that can be made small",
            hint="Remove model.stem: images that are too small are enlarged.",
        )
    small_images = max(config.input_shape[1:]) <= MAX_SIDE
    return available and (config.stem == "small" or (config.stem == "auto" and small_images))
