"""Detection of a network's stem, which can be made small for small images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from zoo_torch.families.small_stem import Stem

Shrinking = nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d
"""Layers that may reduce the size of an image or of a feature map."""


@dataclass(frozen=True)
class Strided:
    """A convolution or pooling that reduced the size of its input.

    Attributes:
        path: path of the module in its network.
        module: the module itself.
        width: width of its input, in pixels.
    """

    path: str
    module: Shrinking
    width: int

    @property
    def stride(self) -> int:
        return _largest(self.module.stride)

    @property
    def kernel(self) -> int:
        return _largest(self.module.kernel_size)


def run_strided(network: nn.Module, image: Tensor) -> list[Strided]:
    """Run a network once and return its strided convolutions and poolings in execution order.

    Args:
        network: any network.
        image: ``(N, C, H, W)``.
    """
    ran: list[Strided] = []
    paths = {
        module: path
        for path, module in network.named_modules()
        if isinstance(module, Shrinking) and _largest(module.stride) > 1
    }

    def record(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, Shrinking)
        ran.append(Strided(paths[module], module, inputs[0].shape[-1]))

    # Hooks, because the order of `named_modules` is that of construction: a network may define its
    # layers in any order, and leave some out of the forward pass.
    handles: list[torch.utils.hooks.RemovableHandle] = []
    try:
        handles += [module.register_forward_pre_hook(record) for module in paths]
        network(image)
    finally:
        for handle in handles:
            handle.remove()
    return ran


def find_stems(strided: Sequence[Strided]) -> Iterator[Stem]:
    """Yield candidates for a network's stem: with a max-pooling, if one follows, and without.

    There are no candidates if the network does not begin with overlapping, strided convolutions.

    Args:
        strided: result of `run_strided`.
    """
    first = _first_convolutions(strided)
    if not first or patch_of(strided):
        return
    paths = tuple(each.path for each in first)
    # A slice of one, because nothing strided may follow the first convolutions.
    for following in strided[len(first) : len(first) + 1]:
        if isinstance(following.module, nn.MaxPool2d):
            yield Stem(paths, following.path)
    yield Stem(paths, "")


def patch_of(strided: Sequence[Strided]) -> int:
    """Return the side of the patches that a network cuts an image into; 0 if it does not."""
    first = _first_convolutions(strided)
    stride = max((each.stride for each in first), default=0)
    # A kernel no larger than its stride never overlaps: that is the patch embedding of a vision
    # transformer, and stride 1 would multiply the number of its tokens.
    return stride if all(each.kernel <= stride for each in first) else 0


def _first_convolutions(strided: Sequence[Strided]) -> list[Strided]:
    """Return the first module and those parallel to it, if all of them are convolutions."""
    # Parallel branches are recognized by their input, which has the width of the first one's.
    first = [each for each in strided if each.width == strided[0].width]
    return first if all(isinstance(each.module, nn.Conv2d) for each in first) else []


def _largest(sides: int | tuple[int, ...]) -> int:
    # torch stores (2, 2) for convolutions, and 2 or (2, 2) for poolings, as they were given.
    return max(sides) if isinstance(sides, tuple) else sides
