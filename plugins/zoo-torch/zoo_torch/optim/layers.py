"""Layers of a module: groups of its weights by depth, from the input to the heads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor, nn

CONTAINER_SHARE = 0.9
"""Minimum share of a model's weights in a module that is a wrapper of layers, not a layer."""


class Layer(NamedTuple):
    """The weights and buffers of a layer.

    Attributes:
        name: name of its first module with a matrix, such as ``layer1.0``.
        tensors: names of its parameters and buffers.
    """

    name: str
    tensors: tuple[str, ...]


def layers_of(model: nn.Module) -> list[Layer]:
    """Return the layers of a model, in the order in which it defines them.

    A layer is a child of the model. A container is replaced by its children: a ``Sequential``, a
    list of blocks, or a module with nearly all weights. What has no matrix, such as a batch
    normalization, belongs to the layer before it, and at the start to the first one.
    """
    tensors = named_tensors(model)
    layers: list[Layer] = []
    has_matrix = True  # of the last layer
    for name in _parts(model, "", _size(model)):
        own = {key: tensor for key, tensor in tensors.items() if f"{key}.".startswith(f"{name}.")}
        # Not for a parameter outside a layer, such as the positions of a transformer.
        matrix = name not in tensors and any(
            isinstance(tensor, nn.Parameter) and tensor.ndim > 1 for tensor in own.values()
        )
        if not own:
            continue
        if not layers or (matrix and has_matrix):
            layers.append(Layer(name, tuple(own)))
            has_matrix = matrix
        else:
            first = layers[-1].name if has_matrix else name
            layers[-1] = Layer(first, (*layers[-1].tensors, *own))
            has_matrix |= matrix
    return layers


def named_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Return the parameters and buffers of a module, by name."""
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def _parts(module: nn.Module, prefix: str, total: int) -> Iterator[str]:
    """Yield the names of a container's own tensors, and of its modules that are not containers."""
    for tensors in (module.named_parameters(recurse=False), module.named_buffers(recurse=False)):
        for name, _ in tensors:
            yield prefix + name
    for name, child in module.named_children():
        if _is_container(child, total):
            yield from _parts(child, f"{prefix}{name}.", total)
        else:
            yield prefix + name


def _is_container(module: nn.Module, total: int) -> bool:
    children = list(module.children())
    if isinstance(module, nn.ModuleList):
        # Blocks follow one another; linear heads are parallel, and one layer together.
        return any(next(child.children(), None) is not None for child in children)
    large = _size(module) >= CONTAINER_SHARE * total
    return bool(children) and (isinstance(module, nn.Sequential) or large)


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
