"""Optimizers; all but Muon are one fused kernel for all parameters.

These call the kernels that `torch.optim` calls. `torch.optim.Optimizer` itself is not used, since
making one imports `torch._dynamo`, which takes about as long as importing torch.
"""

from collections.abc import Iterable
from typing import Protocol

import torch
from torch import Tensor, nn

from zoo_core import Recipe
from zoo_torch.muon import Muon


class Optimizer(Protocol):
    """Moves parameters against their gradients."""

    state: dict[str, Tensor]
    """What it remembers from step to step, by name: the tensors themselves."""

    def step(self, lr: float) -> None:
        """Make one step with learning rate `lr` and forget the gradients."""


def prefix_names(what: str, tensors: Iterable[Tensor]) -> dict[str, Tensor]:
    """Return tensors under the names ``what.0``, ``what.1``, …."""
    return {f"{what}.{number}": tensor for number, tensor in enumerate(tensors)}


class _Parameters:
    """The parameters of a model that take part in training, and their gradients."""

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self.parameters = [parameter for parameter in parameters if parameter.requires_grad]
        self.values = [parameter.detach() for parameter in self.parameters]

    def zeros(self) -> list[Tensor]:
        return [torch.zeros_like(value) for value in self.values]

    def take_gradients(self) -> list[Tensor]:
        """Return the gradients, zeros where there are none, and clear them."""
        gradients = [
            torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            for parameter in self.parameters
        ]
        for parameter in self.parameters:
            parameter.grad = None
        return gradients


class Sgd:
    """Stochastic gradient descent with momentum, Nesterov's where asked for."""

    def __init__(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> None:
        self._parameters = _Parameters(parameters)
        self._recipe = recipe
        self._momenta = self._parameters.zeros() if recipe.momentum else []
        self.state = prefix_names("momentum", self._momenta)

    def step(self, lr: float) -> None:
        torch._fused_sgd_(
            self._parameters.values,
            self._parameters.take_gradients(),
            self._momenta,
            lr=lr,
            weight_decay=self._recipe.weight_decay,
            momentum=self._recipe.momentum,
            nesterov=self._recipe.nesterov,
            dampening=0.0,
            maximize=False,
            is_first_step=False,  # momenta that are 0 make a first step of it
        )


class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

    def __init__(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> None:
        self._parameters = _Parameters(parameters)
        self._recipe = recipe
        self._means, self._squares = self._parameters.zeros(), self._parameters.zeros()
        self._steps = [torch.zeros((), device=mean.device) for mean in self._means]
        self.state = prefix_names("mean", self._means) | prefix_names("square", self._squares)
        self.state |= prefix_names("steps", self._steps)

    def step(self, lr: float) -> None:
        if not self._steps:  # beside Muon there may be nothing left, which the kernels refuse
            return
        torch._foreach_add_(self._steps, 1)
        torch._fused_adamw_(
            self._parameters.values,
            self._parameters.take_gradients(),
            self._means,
            self._squares,
            [],
            self._steps,
            lr=lr,
            beta1=0.9,
            beta2=0.999,
            eps=1e-8,
            weight_decay=self._recipe.weight_decay,
            amsgrad=False,
            maximize=False,
        )


class MuonAndAdamW:
    """Muon for what is a matrix or more, AdamW for biases and the like."""

    def __init__(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> None:
        learned = [parameter for parameter in parameters if parameter.requires_grad]
        self._muon = Muon([parameter for parameter in learned if parameter.ndim > 1], recipe)
        self._adamw = AdamW([parameter for parameter in learned if parameter.ndim < 2], recipe)
        self.state = prefix_names("muon", self._muon.momenta) | self._adamw.state

    def step(self, lr: float) -> None:
        self._muon.step(lr)
        self._adamw.step(lr)


def make_optimizer(parameters: Iterable[nn.Parameter], recipe: Recipe) -> Optimizer:
    """Return the recipe's optimizer."""
    optimizers: dict[str, type[Sgd | AdamW | MuonAndAdamW]] = {
        "sgd": Sgd,
        "adamw": AdamW,
        "muon": MuonAndAdamW,
    }
    return optimizers[recipe.optimizer](parameters, recipe)
