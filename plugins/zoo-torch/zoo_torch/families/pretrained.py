"""A library's pretrained weights, as a model of zoo starts from them."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from zoo_core.plugin_api import PretrainedWeights, UnavailableError


def fitting_weights(
    model: nn.Module, tensors: Mapping[str, Tensor], source: str, license_name: str
) -> PretrainedWeights:
    """Return the tensors that a model has under the same name and in the same shape.

    The others, such as a classifier for other classes, are left out.

    Args:
        model: may be on the meta device.
        tensors: by their names in the model.
        source: address or name of the weights.
        license_name: of the weights.
    """
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    fitting = {
        name: tensor.numpy() for name, tensor in tensors.items() if shapes.get(name) == tensor.shape
    }
    return PretrainedWeights(source=f"{source} ({license_name})", tensors=fitting)


def unavailable_error(url: str, reason: str, hint: str) -> UnavailableError:
    """Return an error about weights that are neither on this machine nor can be downloaded."""
    return UnavailableError(f"{url} could not be read, and is not here: {reason}", hint=hint)
