"""A teacher on the device of a learner: a trained module that sees the learner's inputs."""

from __future__ import annotations

import torch
from torch import Tensor

from zoo_core.plugin_api import InvalidValueError, Rescaling, Teacher, head_outputs
from zoo_torch.tensors import float_heads


class TorchTeacher:
    """A trained module, and how its inputs and outputs follow from those of the model in training.

    Args:
        teacher: the module.
        device: device of the model in training.
    """

    def __init__(self, teacher: Teacher, device: torch.device) -> None:
        self._model = teacher.model.eval()  # no dropout; batch normalization as in prediction
        self._source = teacher.weights.source
        self._inputs = _tensors(teacher.inputs, device)
        self._outputs = [_tensors(change, device) for change in teacher.outputs]

    # Not `inference_mode`, whose tensors the gradient of a loss cannot use.
    @torch.no_grad()
    def __call__(self, inputs: Tensor) -> list[Tensor]:
        """Return the outputs of all heads for inputs, both on the learner's scale."""
        made = self._model(_rescale(inputs, self._inputs))
        heads = float_heads(head_outputs(made, Tensor, self._model))
        return [_rescale(*pair) for pair in zip(heads, self._outputs, strict=True)]

    def check_shapes(self, outputs: list[Tensor], taught: list[Tensor]) -> None:
        """Check that the teacher's outputs for some inputs have the shapes of the model's.

        Raises:
            InvalidValueError: they have others.
        """
        expected, got = ([tuple(head.shape[1:]) for head in each] for each in (outputs, taught))
        if expected != got:
            raise InvalidValueError(
                f"teacher {self._source}: expected outputs of the model's shapes {expected}, "
                f"got {got}",
                hint="Choose another teacher, or train without one: --set teacher=''",
            )


def _tensors(change: Rescaling | None, device: torch.device) -> list[Tensor] | None:
    """Return factors and shifts on a device; None for no change."""
    return [torch.tensor(each).to(device) for each in change] if change else None


def _rescale(values: Tensor, change: list[Tensor] | None) -> Tensor:
    """Return values ``(N, K, …)`` times K factors, plus K shifts."""
    if change is None:
        return values
    factor, shift = (each.view(-1, *(1,) * (values.ndim - 2)) for each in change)
    return values * factor + shift
