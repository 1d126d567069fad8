"""A small stem, for small images: the first convolution keeps their size, and nothing is pooled.

It is what everybody does to networks that were made for ImageNet before they train them on CIFAR.
Kernels keep their sizes, so that pretrained weights fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

SMALL = 64
"""Pixels: images whose sides are longer get no small stem unless it is asked for."""


@dataclass(frozen=True)
class Stem:
    """What makes images smaller before anything else does.

    Attributes:
        convolutions: paths of the strided convolutions that read the image; several if parallel.
        pool: path of the max-pooling after them; empty if there is none.
    """

    convolutions: tuple[str, ...]
    pool: str


def open_stem(network: nn.Module, stem: Stem) -> None:
    """Make the stem of a network a small one, in place.

    Raises:
        AttributeError: the network has no such modules.
    """
    for path in stem.convolutions:
        network.get_submodule(path).stride = (1, 1)
    if stem.pool:
        parent, _, name = stem.pool.rpartition(".")
        network.get_submodule(stem.pool)
        setattr(network.get_submodule(parent), name, nn.Identity())


Run = tuple[str, nn.Module, int]
"""A module that ran: its path, itself, and the width of what it read."""


def find_stems(strided: list[Run]) -> Iterator[Stem]:
    """Yield what may be a network's stem, with a pooling and without.

    There is none if the network does not begin with overlapping, strided convolutions.

    Args:
        strided: what ran, see `run_strided`.
    """
    reading = _reading(strided)
    if not reading or patch_of(strided):
        return
    paths = tuple(path for path, _, _ in reading)
    if len(strided) > len(reading) and isinstance(strided[len(reading)][1], nn.MaxPool2d):
        yield Stem(paths, strided[len(reading)][0])
    yield Stem(paths, "")


def patch_of(strided: list[Run]) -> int:
    """Return the side of the patches that a network cuts an image into; 0 if it does not."""
    kernels = [max(module.kernel_size) for _, module, _ in _reading(strided)]
    strides = [max(module.stride) for _, module, _ in _reading(strided)]
    return max(strides) if strides and max(kernels) <= max(strides) else 0


def _reading(strided: list[Run]) -> list[Run]:
    """Return the first of the modules, and those beside it, if they are convolutions."""
    first = [run for run in strided if run[2] == strided[0][2]]
    return first if all(isinstance(module, nn.Conv2d) for _, module, _ in first) else []


def run_strided(network: nn.Module, image: Tensor) -> list[Run]:
    """Run a network and return its strided convolutions and poolings in the order of their work.

    Args:
        network: is run once.
        image: ``(N, C, H, W)``.
    """
    ran: list[Run] = []
    handles = [
        module.register_forward_pre_hook(
            lambda module, inputs, path=path: ran.append((path, module, inputs[0].shape[-1]))
        )
        for path, module in network.named_modules()
        if isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)) and _stride(module) > 1
    ]
    try:
        with torch.no_grad():
            network(image)
    finally:
        for handle in handles:
            handle.remove()
    return ran


def _stride(module: nn.Module) -> int:
    stride = module.stride
    return max(stride) if isinstance(stride, tuple) else int(stride)
