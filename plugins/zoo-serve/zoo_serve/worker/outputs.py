"""Output tensors of a model: its outputs, and the fields of its predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Predictions, Pretrained
from zoo_core.plugin_api import onnx_outputs

Outputs = dict[str, NDArray[Any]]
"""Name of a tensor -> values ``(N, …)``; texts are arrays of objects."""


def named_outputs(pretrained: Pretrained, predictions: Predictions) -> Outputs:
    """Return all tensors of predictions.

    The model's own outputs have the names of exported ONNX files. Each field of a head's
    prediction, such as its labels and probabilities, is a tensor; with several heads, its name
    ends with ``_head1`` and so on.
    """
    names = onnx_outputs(pretrained.input, pretrained.targets)
    tensors: Outputs = dict(zip(names, predictions.outputs, strict=True))
    several = len(predictions.heads) > 1
    for number, head in enumerate(predictions.heads, 1):
        suffix = f"_head{number}" if several else ""
        for field, value in getattr(head, "__dict__", {}).items():
            if (tensor := _tensor(value, len(predictions))) is not None:
                tensors.setdefault(f"{field}{suffix}", tensor)
    if predictions.confidence is not None:
        tensors["confidence"] = predictions.confidence
        tensors["accepted"] = predictions.accepted
    return tensors


def _tensor(value: Any, count: int) -> NDArray[Any] | None:
    """Return a field of predictions as a tensor; None if it is not one entry per example."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = np.array(value, object)
    if not isinstance(value, np.ndarray) or value.shape[:1] != (count,):
        return None
    return value if value.dtype.kind in "?biufUO" else None
