"""Groups of parameters, each of which has a learning rate or a weight decay of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from torch import nn

from zoo_core import Recipe
from zoo_core.plugin_api import InvalidValueError
from zoo_torch.optim.layers import layers_of
from zoo_torch.optim.optimizers import Optimizer, make_optimizer


class Group(NamedTuple):
    """Common values of the parameters of a group.

    Attributes:
        rate: factor of the learning rate.
        decays: whether they have a weight decay.
        frozen: whether they are trained only after they have been thawed.
    """

    rate: float = 1.0
    decays: bool = True
    frozen: bool = False


class GroupedOptimizer(Optimizer):
    """An optimizer per group of parameters; one whose parameters are frozen makes no step."""

    def __init__(self, groups: Mapping[Group, list[nn.Parameter]], recipe: Recipe) -> None:
        super().__init__((), recipe)
        self._members = []
        for number, (group, parameters) in enumerate(groups.items()):
            own = recipe if group.decays else recipe.model_copy(update={"weight_decay": 0.0})
            optimizer = make_optimizer(parameters, own)
            self._members.append((group.rate, parameters[0], optimizer))
            self.state |= {f"{number}.{name}": each for name, each in optimizer.state.items()}

    def step(self, lr: float) -> None:
        for rate, first, optimizer in self._members:
            if first.requires_grad:
                optimizer.step(lr * rate)


def optimizer_for(model: nn.Module, recipe: Recipe, frozen: Collection[str] = ()) -> Optimizer:
    """Return the optimizer of a model's parameters.

    Args:
        model: the model; parameters without `requires_grad` are not trained.
        recipe: the recipe.
        frozen: names of the parameters that are frozen up to an epoch.

    Raises:
        InvalidValueError: the learning rate is to fall from layer to layer, and there is only one.
    """
    rates = _rates(model, recipe.layer_decay)
    groups: dict[Group, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            decays = recipe.decay_biases or parameter.ndim > 1
            group = Group(rates.get(name, 1.0), decays, name in frozen)
            groups.setdefault(group, []).append(parameter)
    # Without a wrapper in the usual case, because every step would have to pass through it.
    if groups.keys() <= {Group()}:
        return make_optimizer(groups.get(Group(), []), recipe)
    return GroupedOptimizer(groups, recipe)


def _rates(model: nn.Module, decay: float) -> dict[str, float]:
    """Return factors of the learning rate by name: 1 for the last layer, `decay` before it, …."""
    if decay == 1:
        return {}
    layers = layers_of(model)
    if len(layers) < 2:
        raise InvalidValueError(
            "invalid recipe: layer_decay: expected a model of several layers, got one of 1",
            hint="Leave it out: --set layer_decay=1",
        )
    # As of BEiT (Bao et al. 2022, arXiv:2106.08254).
    return {
        name: decay**depth for depth, layer in enumerate(reversed(layers)) for name in layer.tensors
    }
