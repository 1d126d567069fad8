"""Compact form of a quantized program: short names, no defaults, equal constants shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, defs, helper, numpy_helper

from zoo_onnx.quantization.graph import attributes, constants

SHORTEST = 64
"""Minimum bytes of a tensor in the weight file; shorter constants are in the program itself."""
# Because the reference to a tensor and its entry in the header of the file take twice as many.

_PREFIXES = ("ConvBnFusion_W_", "ConvBnFusion_BN_B_")
"""Prefixes that ONNX Runtime gives to the parameters of a convolution with a batch norm."""

_DEFAULTS: dict[str, dict[str, Any]] = {
    "QGemm": {"alpha": 1.0, "transA": 0, "transB": 0},
    "QLinearGlobalAveragePool": {"channels_last": 0},
}
"""Defaults of the operators of ONNX Runtime, of which ONNX has no schemas."""

_DTYPES = ("|i1", "|u1", "<i4", "<f4")
"""Types of the tensors in a weight file."""


def compact(model: ModelProto) -> ModelProto:
    """Return the same program in fewer bytes."""
    known = constants(model)
    result = ModelProto(ir_version=model.ir_version)
    domains = {node.domain for node in model.graph.node}
    result.opset_import.extend(each for each in model.opset_import if each.domain in domains)
    opset = next(each.version for each in model.opset_import if not each.domain)
    result.graph.name = "model"
    result.graph.input.extend(map(_port, model.graph.input))
    result.graph.output.extend(map(_port, model.graph.output))
    names = _Names([each.name for each in (*model.graph.input, *model.graph.output)])
    for node in model.graph.node:
        made = result.graph.node.add(op_type=node.op_type, domain=node.domain)
        for number, name in enumerate(node.input):
            if name not in known:
                made.input.append(names.of_value(name))
                continue
            array = _without_channels(node, number, known[name])
            shared, is_new = names.of_constant(name, array)
            made.input.append(shared)
            if is_new:
                result.graph.initializer.append(numpy_helper.from_array(array, shared))
        made.output.extend(map(names.of_value, node.output))
        made.attribute.extend(
            helper.make_attribute(key, value) for key, value in _stated(node, opset)
        )
    return result


def tensors(model: ModelProto) -> dict[str, NDArray[Any]]:
    """Return the tensors of a compact program that a weight file contains."""
    return {
        name: array
        for name, array in constants(model).items()
        if array.nbytes >= SHORTEST and array.dtype.str in _DTYPES
    }


def _port(port: Any) -> Any:
    """Return an input or output without the facts of its exporter."""
    made = type(port)(name=port.name)
    made.type.CopyFrom(port.type)
    return made


def _stated(node: NodeProto, opset: int) -> Iterator[tuple[str, Any]]:
    """Yield the attributes that are not the default of their operator."""
    defaults = _defaults(node, opset)
    for key, value in sorted(attributes(node).items()):
        is_implied = (key in {"dilations", "strides"} and {*value} == {1}) or (
            (key == "pads" and {*value} == {0})
            # Of a convolution, it is that of the weights.
            or (key == "kernel_shape" and node.op_type == "QLinearConv")
        )
        if not is_implied and not (key in defaults and defaults[key] == value):
            yield key, value


def _defaults(node: NodeProto, opset: int) -> dict[str, Any]:
    if node.domain:
        return _DEFAULTS.get(node.op_type, {})
    stated = defs.get_schema(node.op_type, opset).attributes
    return {
        name: helper.get_attribute_value(each.default_value)
        for name, each in stated.items()
        if each.default_value.type
    }


def _without_channels(node: NodeProto, number: int, array: NDArray[Any]) -> NDArray[Any]:
    """Return one zero point for zero points of 0 per channel, and other constants as they are."""
    # `QGemm` refuses one zero point beside several scales.
    is_zero_point = node.op_type == "QLinearConv" and number == 5
    if is_zero_point and not array.any():
        return np.zeros((), array.dtype)
    return array


class _Names:
    """Names of a compact program: of inputs, outputs and large tensors, and numbers for the rest.

    Args:
        ports: names of inputs and outputs.
    """

    def __init__(self, ports: list[str]) -> None:
        self._values = {name: name for name in (*ports, "")}
        self._count = 0
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def of_value(self, name: str) -> str:
        if name not in self._values:
            self._values[name] = self._number()
        return self._values[name]

    def of_constant(self, name: str, array: NDArray[Any]) -> tuple[str, bool]:
        """Return the name of a constant, and whether it is the first one with its content."""
        key = (array.dtype.str, array.shape, array.tobytes())
        if key in self._constants:
            return self._constants[key], False
        short = _short(name) if array.nbytes >= SHORTEST else self._number()
        if short in self._used():  # such as the integers and the floats of one bias
            short = f"{short}.{self._number()}"
        self._constants[key] = short
        return short, True

    def _number(self) -> str:
        """Return the next number, in few characters, without those that are names already."""
        self._count += 1
        number = np.base_repr(self._count, 36).lower()
        return self._number() if number in self._used() else number

    def _used(self) -> set[str]:
        return {*self._values.values(), *self._constants.values()}


def _short(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    name = name.removesuffix("_quantized")
    for suffix in ("scale", "zero_point"):
        name = name.replace(f".weight_{suffix}", f".{suffix}")
    return name
