"""Normalization of inputs, and concatenation of outputs per head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Normalization
from zoo_core.plugin_api import warp
from zoo_numpy.layers import Array

if TYPE_CHECKING:
    from zoo_core.plugin_api import Positions


def normalize(
    inputs: NDArray[Any], normalization: Normalization, warps: Positions | None = None
) -> Array:
    """Return inputs ``(N, *shape)`` as warped and normalized floats; uint8 is divided by 255."""
    if inputs.dtype != np.uint8:
        return _standardize(inputs, normalization)
    floats = inputs.astype(np.float32)
    if warps is not None:
        floats = warp(floats, warps)  # before normalization, because pixels outside are black: 0
    # (x/255 - mean)/std as one product and one difference per pixel. The factors are computed in
    # float64 and rounded once; in place, because a temporary array is as large as the batch.
    std = _by_entry(normalization.std or (1.0,), floats)
    mean = _by_entry(normalization.mean or (0.0,), floats)
    floats *= (1 / (255 * std)).astype(np.float32)
    floats -= (mean / std).astype(np.float32)
    return floats


def _standardize(inputs: NDArray[Any], normalization: Normalization) -> Array:
    """Return numbers in standard deviations from their mean, in their own precision."""
    if not normalization.mean:
        return inputs
    mean, std = (_by_entry(each, inputs) for each in (normalization.mean, normalization.std))
    floats: Array = ((inputs - mean) / std).astype(inputs.dtype)
    return floats


def _by_entry(values: Sequence[float], inputs: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers per entry of the first axis of an input, such as its channels."""
    return np.array(values).reshape(-1, *(1,) * (inputs.ndim - 2))


def concatenate_heads(outputs: Sequence[Sequence[Array]]) -> list[NDArray[Any]]:
    """Return the outputs of several batches as one array per head."""
    return [np.concatenate(heads) for heads in zip(*outputs, strict=True)]
