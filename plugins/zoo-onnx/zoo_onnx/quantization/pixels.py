"""Removal of the arithmetic that turns each pixel into the same 8-bit integer again.

Normalized pixels from 0 to 255, quantized with the scale of their range, are the pixels themselves.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto

from zoo_onnx.quantization.graph import constants, only_consumer, replace_nodes

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Mul": operator.mul,
    "Sub": operator.sub,
}


def use_pixels(model: ModelProto) -> None:
    """Let the first layer use the program's input where its integers equal the pixels.

    Args:
        model: program that `quantize` returned, which is changed.
    """
    source = model.graph.input[0]
    users = [node for node in model.graph.node if source.name in node.input]
    if source.type.tensor_type.elem_type != TensorProto.UINT8 or len(users) != 1:
        return
    node: NodeProto | None = users[0]
    known, pixels = constants(model), np.arange(256, dtype=np.uint8)
    values: NDArray[Any] | None = pixels
    while node is not None and values is not None:
        values = _apply(node, values, known)
        if node.op_type == "QuantizeLinear":
            if values is not None and np.array_equal(values, pixels):
                _rename(model, node.output[0], source.name)
            return
        node = only_consumer(model, node)


def _apply(
    node: NodeProto, values: NDArray[Any], known: dict[str, NDArray[Any]]
) -> NDArray[Any] | None:
    """Return the result of a node for each pixel; None if it does more than scale and shift."""
    parameters = [known.get(name) for name in node.input[1:]]
    if any(each is None or each.size != 1 for each in parameters):
        return None
    numbers = [each.reshape(()) for each in parameters if each is not None]
    if node.op_type == "Cast":
        return values.astype(np.float32)
    if node.op_type in _ARITHMETIC:
        return np.asarray(_ARITHMETIC[node.op_type](values, *numbers), np.float32)
    if node.op_type == "QuantizeLinear" and len(numbers) == 2:
        scale, zero_point = numbers
        # Halves are rounded to even, as in ONNX.
        rounded = np.rint(values / scale) + zero_point.astype(np.float32)
        return np.asarray(rounded.clip(0, 255), zero_point.dtype)
    return None


def _rename(model: ModelProto, name: str, new: str) -> None:
    """Let the nodes that use a value use another one."""
    for node in model.graph.node:
        node.input[:] = [new if each == name else each for each in node.input]
    replace_nodes(model, list(model.graph.node))
