"""Pretrained weights of a library, as initial weights of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from zoo_core.plugin_api import PretrainedWeights


def fitting_weights(
    model: nn.Module,
    tensors: Mapping[str, Tensor],
    *,
    channels: int,
    source: str,
    license: str,
    mean: Sequence[float],
    std: Sequence[float],
) -> PretrainedWeights:
    """Return the tensors whose name and shape are those of a tensor of the model.

    Others, such as a classifier for other classes, are omitted.

    Args:
        model: model, possibly on the meta device.
        tensors: tensors by name.
        channels: number of channels of the model's input.
        source: address or name of the weights.
        license: license of the weights; empty if it is not stated.
        mean: mean per channel by which the library normalizes images for the weights.
        std: standard deviation per channel, like `mean`.
    """
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    fitting = {
        name: tensor.numpy() for name, tensor in tensors.items() if shapes.get(name) == tensor.shape
    }
    return PretrainedWeights(
        source=source,
        tensors=fitting,
        license=license,
        mean=_for_channels(mean, channels),
        std=_for_channels(std, channels),
    )


def _for_channels(values: Sequence[float], channels: int) -> tuple[float, ...]:
    """Return numbers of the library's channels for those of an input.

    The library or zoo has adapted the first convolution to these channels.
    """
    # The kernel for gray is the sum of the kernels, so that a gray image acts as one with equal
    # channels, whose means and deviations differ: a single number can only be their mean.
    if channels == 1:
        return (sum(values) / len(values),)
    # Channel i has the kernel of channel i % 3, and therefore its numbers. The factor by which all
    # kernels were scaled changes none of them.
    return tuple(values[i % len(values)] for i in range(channels))
