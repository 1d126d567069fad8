"""Find the stem of a network, which can be made small for small images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from zoo_torch.families.small_stem import Stem


@dataclass(frozen=True)
class Strided:
    """A convolution or pooling that made something smaller.

    Attributes:
        path: in its network.
        module: itself.
        width: of what it read.
    """

    path: str
    module: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d
    width: int

    @property
    def stride(self) -> int:
        return _largest(self.module.stride)

    @property
    def kernel(self) -> int:
        return _largest(self.module.kernel_size)


def run_strided(network: nn.Module, image: Tensor) -> list[Strided]:
    """Run a network and return its strided convolutions and poolings in the order of their work.

    Args:
        network: is run once.
        image: ``(N, C, H, W)``.
    """
    ran: list[Strided] = []

    def watch(path: str, module: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d) -> None:
        def hear(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            ran.append(Strided(path, module, inputs[0].shape[-1]))

        if _largest(module.stride) > 1:
            handles.append(module.register_forward_pre_hook(hear))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    for path, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            watch(path, module)
    try:
        network(image)
    finally:
        for handle in handles:
            handle.remove()
    return ran


def find_stems(strided: Sequence[Strided]) -> Iterator[Stem]:
    """Yield what may be a network's stem, with a pooling and without.

    There is none if the network does not begin with overlapping, strided convolutions.

    Args:
        strided: what ran, see `run_strided`.
    """
    reading = _reading(strided)
    if not reading or patch_of(strided):
        return
    paths = tuple(each.path for each in reading)
    for following in strided[len(reading) : len(reading) + 1]:
        if isinstance(following.module, nn.MaxPool2d):
            yield Stem(paths, following.path)
    yield Stem(paths, "")


def patch_of(strided: Sequence[Strided]) -> int:
    """Return the side of the patches that a network cuts an image into; 0 if it does not."""
    reading = _reading(strided)
    stride = max((each.stride for each in reading), default=0)
    return stride if all(each.kernel <= stride for each in reading) else 0


def _reading(strided: Sequence[Strided]) -> list[Strided]:
    """Return the first of the modules, and those beside it, if they are convolutions."""
    first = [each for each in strided if each.width == strided[0].width]
    return first if all(isinstance(each.module, nn.Conv2d) for each in first) else []


def _largest(sides: int | tuple[int, ...]) -> int:
    return max(sides) if isinstance(sides, tuple) else sides
