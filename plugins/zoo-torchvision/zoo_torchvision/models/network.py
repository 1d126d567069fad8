"""torchvision's networks by name, adapted to any number of channels and to training."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import nn
from torchvision.models import get_model

from zoo_torch.families.small_stem import Stem
from zoo_torch.families.submodules import replace_submodule

_CONSTANTS = ("relative_position_index", "relative_coords_table")
"""Constant buffers of the Swin and MaxViT models, which follow from the config."""

_MOMENTUM = 0.1
"""Minimum momentum of batch normalization. Some networks have 0.0003, for trainings of a million
steps; after a few thousand, their running statistics would still be near the initial ones."""


def make_network(name: str, classes: int, size: tuple[int, int]) -> nn.Module:
    """Return a network of torchvision for images of three channels.

    Args:
        name: the network's name in torchvision.
        classes: number of logits per image.
        size: height and width of an image, which some constructors require.
    """
    options: dict[str, Any] = {}
    if name.startswith("vit_"):
        options = {"image_size": size[0]}
    elif name.startswith("maxvit_"):
        options = {"input_size": size}
    elif name in ("googlenet", "inception_v3"):
        # Without auxiliary classifiers, because a model of zoo returns one output per head. Both
        # constructors warn if `init_weights` is omitted.
        options = {"aux_logits": False, "init_weights": True}
    network: nn.Module = get_model(name, weights=None, num_classes=classes, **options)
    _patch(network, name)
    return network


def _patch(network: nn.Module, name: str) -> None:
    """Modify parts of a network that prevent training it from scratch, saving or loading it."""
    if name.startswith("mnasnet"):
        # MNASNet's own method requires a version in the state dict's metadata, which safetensors
        # files lack, and replaces layers if the version is old.
        load = partial(nn.Module._load_from_state_dict, network)
        network._load_from_state_dict = load  # type: ignore[method-assign]
    if name.startswith("squeezenet"):
        # The ReLU after the last convolution: it would make logits nonnegative, and a class whose
        # logits are 0 for all images has no gradient.
        replace_submodule(network, "classifier.2", nn.Identity())
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = max(module.momentum or 0.0, _MOMENTUM)
        # Not persistent, because weight files contain learned tensors and statistics only.
        for constant in _CONSTANTS:
            if hasattr(module, constant):
                module.register_buffer(constant, getattr(module, constant), persistent=False)


def first_convolution(network: nn.Module) -> tuple[str, nn.Conv2d]:
    """Return a network's first convolution and its path."""
    # In torchvision's networks, the first convolution constructed is also the first executed.
    return next(
        (path, module) for path, module in network.named_modules() if isinstance(module, nn.Conv2d)
    )


def take_channels(network: nn.Module, channels: int) -> None:
    """Replace the first convolution by a new one for a number of channels."""
    path, old = first_convolution(network)
    # A new module instead of a new weight, so that it is initialized for its fan-in.
    new = nn.Conv2d(channels, old.out_channels, old.kernel_size[0], bias=old.bias is not None)
    new.stride, new.padding = old.stride, old.padding
    replace_submodule(network, path, new)


def patch_of(network: nn.Module) -> int:
    """Return the side of the patches that a network cuts an image into; 1 if it does not."""
    _, first = first_convolution(network)
    return first.stride[0] if first.stride == first.kernel_size else 1


def has_large_stem(network: nn.Module) -> bool:
    """Return whether a network begins with an overlapping, strided convolution."""
    # A kernel as large as the stride is a patch embedding, see `patch_of`.
    _, first = first_convolution(network)
    return 1 < first.stride[0] < first.kernel_size[0]


def find_stem(network: nn.Module) -> Stem:
    """Return the stem of a network that begins with an overlapping, strided convolution."""
    path, _ = first_convolution(network)
    # In torchvision, such networks have their first max-pooling in the stem, or none at all.
    pools = (path for path, it in network.named_modules() if isinstance(it, nn.MaxPool2d))
    return Stem((path,), next(pools, ""))
