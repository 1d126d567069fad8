"""Replace a submodule of a network."""

from torch import nn


def replace_submodule(network: nn.Module, path: str, new: nn.Module) -> None:
    """Put a new module in the place of the one at a path.

    Raises:
        AttributeError: there is no module at the path.
    """
    network.get_submodule(path)
    parent, _, name = path.rpartition(".")
    setattr(network.get_submodule(parent), name, new)
