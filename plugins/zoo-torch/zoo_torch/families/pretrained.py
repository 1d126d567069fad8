"""Pretrained weights of a library, as initial weights of a model."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from zoo_core.plugin_api import PretrainedWeights


def fitting_weights(
    model: nn.Module, tensors: Mapping[str, Tensor], source: str, license_name: str
) -> PretrainedWeights:
    """Return the tensors whose name and shape are those of a tensor of the model.

    Others, such as a classifier for other classes, are omitted.

    Args:
        model: model, possibly on the meta device.
        tensors: tensors by name.
        source: address or name of the weights.
        license_name: license of the weights.
    """
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    fitting = {
        name: tensor.numpy() for name, tensor in tensors.items() if shapes.get(name) == tensor.shape
    }
    return PretrainedWeights(source=f"{source} ({license_name})", tensors=fitting)
