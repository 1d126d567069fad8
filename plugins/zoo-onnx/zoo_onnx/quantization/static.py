"""Static quantization by ONNX Runtime: scales of weights and activations, integer operators."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from zoo_onnx.quantization.graph import only_consumer, replace_nodes
from zoo_onnx.quantization.pixels import use_pixels

METHOD = "min-max ranges, 7-bit weights, a scale per channel"
"""The calibration and the integers, as cards state them."""

BATCH = 100
"""Number of examples per calibration step."""

LAYERS = ("Conv", "Gemm", "MatMul")
"""Operators with weights that become integers."""

BETWEEN = ("MaxPool", "Relu", "Clip", "GlobalAveragePool", "Flatten")
"""Operators without weights, which stay among integers. Others, such as sigmoids, use floats."""


SETTINGS: dict[str, Any] = {
    # Smaller than QDQ, and with the same numbers in every version of ONNX Runtime, because the
    # integer operators need not be found by an optimization.
    "quant_format": QuantFormat.QOperator,
    "activation_type": QuantType.QUInt8,
    "weight_type": QuantType.QInt8,
    "per_channel": True,
    # 7 bits, because sums of products of 8 bits saturate on x86 processors without VNNI: the
    # answers would depend on the processor.
    "reduce_range": True,
    "calibrate_method": CalibrationMethod.MinMax,
}
"""Arguments of ONNX Runtime's `quantize_static`; `benchmarks.quantized` compares others."""


def quantize(
    model: ModelProto, inputs: NDArray[Any], *, floats: Collection[str] = (), **changes: Any
) -> ModelProto:
    """Return a program with integer operators.

    Args:
        model: program that `simplify` returned.
        inputs: calibration examples, for the ranges of activations.
        floats: names of layers that are not quantized.
        changes: other values of `SETTINGS`.
    """
    with tempfile.TemporaryDirectory(prefix="zoo-onnx-") as folder:
        source, target = Path(folder) / "model.onnx", Path(folder) / "quantized.onnx"
        onnx.save(model, source)
        quantize_static(
            source,
            target,
            _Examples(model.graph.input[0].name, inputs),
            op_types_to_quantize=[*LAYERS, *BETWEEN],
            nodes_to_exclude=[*floats],
            **{**SETTINGS, **changes},
        )
        quantized = onnx.load(target)
    _return_floats(quantized)
    use_pixels(quantized)
    return quantized


def _return_floats(model: ModelProto) -> None:
    """Let dense layers return floats where their integers would be converted at once.

    The sums of 32 bits are then converted, instead of their 8-bit approximation.
    """
    nodes = list(model.graph.node)
    for node in model.graph.node:
        following = only_consumer(model, node) if node.op_type == "QGemm" else None
        if following is not None and following.op_type == "DequantizeLinear":
            nodes.remove(following)
            node.output[0] = following.output[0]
            del node.input[-2:]  # scale and zero point of the output
    replace_nodes(model, nodes)


class _Examples(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """The calibration examples in batches.

    Args:
        name: name of the program's input.
        inputs: the examples.
    """

    def __init__(self, name: str, inputs: NDArray[Any]) -> None:
        self._batches: Iterator[dict[str, NDArray[Any]]] = (
            {name: np.ascontiguousarray(inputs[start : start + BATCH])}
            for start in range(0, len(inputs), BATCH)
        )

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        return next(self._batches, None)
