"""Replacement of a submodule of a network."""

from torch import nn


def replace_submodule(network: nn.Module, path: str, new: nn.Module) -> None:
    """Replace the module at a path by a new one.

    Raises:
        AttributeError: the network has no module at the path.
    """
    network.get_submodule(path)  # raises; setattr would add an attribute of any name
    parent, _, name = path.rpartition(".")
    setattr(network.get_submodule(parent), name, new)
