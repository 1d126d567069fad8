"""Freezing: weights that stay as they are, for the recipe's fields `freeze` and `thaw`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from torch import nn

from zoo_core import Recipe
from zoo_core.plugin_api import InvalidValueError
from zoo_torch.optim.layers import layers_of, named_tensors


class FrozenWeights:
    """The weights of a model that a training leaves as they are, all of it or up to an epoch.

    A module whose weights and buffers are all frozen does not change at all: it is in evaluation
    mode, in which batch normalization keeps its running statistics and there is no dropout.

    Attributes:
        names: names of the frozen parameters and buffers.

    Raises:
        InvalidValueError: the recipe freezes none or all of the model's weights.
    """

    def __init__(self, model: nn.Module, recipe: Recipe) -> None:
        self._thaw = recipe.thaw
        freeze = recipe.freeze
        names = _first(model, freeze) if isinstance(freeze, int) else _matching(model, freeze)
        self.names = frozenset(names)
        # Without those that the model itself does not train.
        trained = {name: each for name, each in model.named_parameters() if each.requires_grad}
        self._parameters = [each for name, each in trained.items() if name in self.names]
        if len(self._parameters) == len(trained):
            raise InvalidValueError(
                "invalid recipe: freeze: expected weights that are left to train, got all weights",
                hint=_hint(model),
            )
        self._modules = [*_frozen_modules(model, "", self.names)]
        if not recipe.thaw:
            self.apply(1)  # at once, so that the optimizer has no state for them

    def apply(self, epoch: int) -> None:
        """Freeze the weights for a step of `epoch`, or let them be trained from `thaw` on."""
        trained = 0 < self._thaw <= epoch
        for parameter in self._parameters:
            parameter.requires_grad_(trained)
        for module in self._modules:
            module.train(trained)


def _first(model: nn.Module, count: int) -> list[str]:
    """Return the names of the tensors of a model's first layers."""
    layers = layers_of(model)
    if count >= len(layers):
        raise InvalidValueError(
            f"invalid recipe: freeze: expected fewer than the model's {len(layers)} layers, "
            f"got {count}",
            hint=_hint(model),
        )
    return [name for layer in layers[:count] for name in layer.tensors]


def _matching(model: nn.Module, patterns: Sequence[str]) -> list[str]:
    """Return the names of a model's tensors that match a pattern, each of which matches some."""
    parameters = [name for name, _ in model.named_parameters()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in parameters):
            raise InvalidValueError(
                f"invalid recipe: freeze: no weight of the model matches {pattern!r}, such as "
                f"{parameters[0]}",
                hint=_hint(model),
            )
    tensors = named_tensors(model)
    return [name for name in tensors if any(fnmatchcase(name, each) for each in patterns)]


def _hint(model: nn.Module) -> str:
    names = [layer.name for layer in layers_of(model)]
    if len(names) == 1:
        return "Leave it out: --set freeze=0"
    few = [*names[:5], "…", names[-1]] if len(names) > 7 else names
    return f"Freeze the first of the layers, {', '.join(few)}: --set freeze=1"


def _frozen_modules(module: nn.Module, prefix: str, names: frozenset[str]) -> Iterator[nn.Module]:
    """Yield the outermost modules all of whose tensors are frozen."""
    own = {prefix + name for name in named_tensors(module)}
    if own and own <= names:
        yield module
        return
    for name, child in module.named_children():
        yield from _frozen_modules(child, f"{prefix}{name}.", names)
