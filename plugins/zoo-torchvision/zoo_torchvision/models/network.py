"""torchvision's own networks, changed in place for other images."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import nn
from torchvision.models import get_model

from zoo_torch.families.small_stem import Stem
from zoo_torch.families.submodules import replace_submodule

_CONSTANTS = ("relative_position_index", "relative_coords_table")
"""Tensors that torchvision keeps among the weights, and that follow from the config."""

_MOMENTUM = 0.1
"""Share of a batch in the running statistics of batch normalization, at least. Some networks have
0.0003, for trainings of a million steps; after a few thousand they would not predict yet."""


def make_network(name: str, classes: int, size: tuple[int, int]) -> nn.Module:
    """Return a network of torchvision's for images of three channels.

    Args:
        name: in torchvision.
        classes: numbers that it gives for an image.
        size: height and width of an image, which some networks have to be told.
    """
    options: dict[str, Any] = {}
    if name.startswith("vit_"):
        options = {"image_size": size[0]}
    elif name.startswith("maxvit_"):
        options = {"input_size": size}
    elif name in ("googlenet", "inception_v3"):
        options = {"aux_logits": False, "init_weights": True}
    network: nn.Module = get_model(name, weights=None, num_classes=classes, **options)
    _patch(network, name)
    return network


def _patch(network: nn.Module, name: str) -> None:
    """Change what is in the way of training a network from the beginning, saving and loading it."""
    if name.startswith("mnasnet"):
        # Its own way converts weights of years ago, which zoo has none of, and asks for a version.
        load = partial(nn.Module._load_from_state_dict, network)
        network._load_from_state_dict = load  # type: ignore[method-assign]
    if name.startswith("squeezenet"):
        # Rectified, the logits of a class can be 0 for all images, and learn no more.
        replace_submodule(network, "classifier.2", nn.Identity())
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = max(module.momentum or 0.0, _MOMENTUM)
        for constant in _CONSTANTS:
            if hasattr(module, constant):
                module.register_buffer(constant, getattr(module, constant), persistent=False)


def first_convolution(network: nn.Module) -> tuple[str, nn.Conv2d]:
    """Return the path of a network's first convolution, and the convolution."""
    return next(
        (path, module) for path, module in network.named_modules() if isinstance(module, nn.Conv2d)
    )


def take_channels(network: nn.Module, channels: int) -> None:
    """Put a new convolution for so many channels in the place of the first."""
    path, old = first_convolution(network)
    new = nn.Conv2d(channels, old.out_channels, old.kernel_size[0], bias=old.bias is not None)
    new.stride, new.padding = old.stride, old.padding
    replace_submodule(network, path, new)


def patch_of(network: nn.Module) -> int:
    """Return the side of the patches that a network cuts an image into; 1 if it does not."""
    _, first = first_convolution(network)
    return first.stride[0] if first.stride == first.kernel_size else 1


def has_large_stem(network: nn.Module) -> bool:
    """Say whether a network begins with an overlapping convolution that makes images smaller."""
    _, first = first_convolution(network)
    return 1 < first.stride[0] < first.kernel_size[0]


def find_stem(network: nn.Module) -> Stem:
    """Return the stem of a network that begins with an overlapping, strided convolution."""
    path, _ = first_convolution(network)
    # because in torchvision, such networks have their first max-pooling in the stem, or none at all
    pools = (path for path, it in network.named_modules() if isinstance(it, nn.MaxPool2d))
    return Stem((path,), next(pools, ""))
