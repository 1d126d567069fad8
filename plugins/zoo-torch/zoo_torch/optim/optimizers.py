"""Optimizers: SGD, Adam, AdamW, RMSprop, Lion and Muon."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from zoo_core import Recipe
from zoo_torch.optim.orthogonalize import orthogonalize
from zoo_torch.torch_private import adam_step, sgd_step


class Optimizer(ABC):
    """An update rule for parameters.

    Attributes:
        state: tensors that steps update in place, by name; every checkpoint contains them.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> None:
        self._parameters = [parameter for parameter in parameters if parameter.requires_grad]
        # The same memory without autograd, which refuses in-place updates of parameters.
        self._values = [parameter.detach() for parameter in self._parameters]
        self._recipe = recipe
        self.state: dict[str, Tensor] = {}

    @abstractmethod
    def step(self, lr: float) -> None:
        """Update the parameters with learning rate `lr`, and clear their gradients."""

    def _zeros(self, name: str) -> list[Tensor]:
        """Return a tensor of zeros per parameter, added to the state as ``name.0``, ``name.1``."""
        tensors = [torch.zeros_like(value) for value in self._values]
        self.state |= {f"{name}.{number}": tensor for number, tensor in enumerate(tensors)}
        return tensors

    def _take_gradients(self) -> list[Tensor]:
        """Return the gradients, zeros for parameters without one, and clear them."""
        gradients = [
            torch.zeros_like(value) if parameter.grad is None else parameter.grad
            for parameter, value in zip(self._parameters, self._values, strict=True)
        ]
        # None and not 0: the next backward pass then stores gradients instead of adding them.
        for parameter in self._parameters:
            parameter.grad = None
        return gradients


class Sgd(Optimizer):
    """Stochastic gradient descent, with momentum and Nesterov momentum."""

    def __init__(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> None:
        super().__init__(parameters, recipe)
        self._momenta = self._zeros("momentum") if recipe.momentum else []

    def step(self, lr: float) -> None:
        sgd_step(
            self._values,
            self._take_gradients(),
            self._momenta,
            lr=lr,
            momentum=self._recipe.momentum,
            nesterov=self._recipe.nesterov,
            weight_decay=self._recipe.weight_decay,
        )


class Adam(Optimizer):
    """Adam, with weight decay as a part of the gradient (Kingma & Ba 2015, arXiv:1412.6980)."""

    decoupled = False

    def __init__(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> None:
        super().__init__(parameters, recipe)
        self._means, self._squares = self._zeros("mean"), self._zeros("square")
        # One count per parameter, on its device, because the kernels require it.
        self._steps = [torch.zeros((), device=value.device) for value in self._values]
        self.state |= {f"steps.{number}": steps for number, steps in enumerate(self._steps)}

    def step(self, lr: float) -> None:
        if not self._steps:  # a network without biases trained by Muon; kernels refuse empty lists
            return
        adam_step(
            self._values,
            self._take_gradients(),
            self._means,
            self._squares,
            self._steps,
            lr=lr,
            beta1=0.9,
            beta2=0.999,
            eps=1e-8,
            weight_decay=self._recipe.weight_decay,
            decoupled=self.decoupled,
        )


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

    decoupled = True


class RmsProp(Optimizer):
    """Gradients divided by their root mean square (Tieleman & Hinton 2012), with momentum."""

    ALPHA, EPSILON = 0.99, 1e-8  # the defaults of torch.optim.RMSprop

    def __init__(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> None:
        super().__init__(parameters, recipe)
        self._squares = self._zeros("square")
        self._momenta = self._zeros("momentum") if recipe.momentum else []

    def step(self, lr: float) -> None:
        tensors = zip(self._values, self._take_gradients(), self._squares, strict=True)
        for number, (value, gradient, square) in enumerate(tensors):
            if self._recipe.weight_decay:
                gradient.add_(value, alpha=self._recipe.weight_decay)
            square.mul_(self.ALPHA).addcmul_(gradient, gradient, value=1 - self.ALPHA)
            change = gradient.div_(square.sqrt().add_(self.EPSILON))
            if self._momenta:
                change = self._momenta[number].mul_(self._recipe.momentum).add_(change)
            value.add_(change, alpha=-lr)


class Lion(Optimizer):
    """Steps of the same length for all weights: signs (Chen et al. 2023, arXiv:2302.06675)."""

    BETA1, BETA2 = 0.9, 0.99

    def __init__(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> None:
        super().__init__(parameters, recipe)
        self._momenta = self._zeros("momentum")

    def step(self, lr: float) -> None:
        for value, gradient, momentum in zip(
            self._values, self._take_gradients(), self._momenta, strict=True
        ):
            direction = torch.lerp(gradient, momentum, self.BETA1).sign_()
            value.mul_(1 - lr * self._recipe.weight_decay).add_(direction, alpha=-lr)
            momentum.lerp_(gradient, 1 - self.BETA2)


class Muon(Optimizer):
    """Orthogonalized momentum for weights of two or more axes, AdamW for biases and norms.

    The step is the matrix nearest to the momentum among those whose singular values are all equal,
    so that it has the same length in all directions. See Jordan et al. (2024),
    https://kellerjordan.github.io/posts/muon.
    """

    MOMENTUM = 0.95

    def __init__(self, parameters: Iterable[nn.Parameter], recipe: Recipe) -> None:
        parameters = list(parameters)
        super().__init__([parameter for parameter in parameters if parameter.ndim > 1], recipe)
        self._momenta = self._zeros("muon")
        # A vector has no singular values.
        self._adamw = AdamW([parameter for parameter in parameters if parameter.ndim < 2], recipe)
        self.state |= self._adamw.state

    def step(self, lr: float) -> None:
        for parameter, value, momentum in zip(
            self._parameters, self._values, self._momenta, strict=True
        ):
            if parameter.grad is None:
                continue
            momentum.lerp_(parameter.grad, 1 - self.MOMENTUM)
            ahead = parameter.grad.lerp(momentum, self.MOMENTUM)  # Nesterov momentum
            # A convolution (outputs, inputs, rows, columns) is a matrix (outputs, all others).
            matrix = ahead.reshape(len(ahead), -1)
            # Scaled to the usual size of AdamW's steps (Liu et al. 2025, arXiv:2502.16982), so
            # that learning rate and weight decay have the same meaning as for AdamW.
            size = 0.2 * max(matrix.shape) ** 0.5
            value.mul_(1 - lr * self._recipe.weight_decay)
            value.add_(orthogonalize(matrix).mul_(size).view_as(value), alpha=-lr)
            parameter.grad = None
        self._adamw.step(lr)


OPTIMIZERS: dict[str, type[Sgd | Adam | RmsProp | Lion | Muon]] = {
    "sgd": Sgd,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RmsProp,
    "lion": Lion,
    "muon": Muon,
}


def make_optimizer(parameters: Iterable[nn.Parameter], recipe: Recipe) -> Optimizer:
    """Return the optimizer that the recipe names."""
    return OPTIMIZERS[recipe.optimizer](parameters, recipe)
