"""Export of a net to ONNX, one operator after another.

Operators are described at https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import ONNX_INPUT, ONNX_OPSET, onnx_outputs, shift_slices
from zoo_numpy.layers import Dense, Dropout, Layer, ReLU, Sigmoid, Tanh
from zoo_numpy.normalize import normalize

if TYPE_CHECKING:
    from zoo_core import Pretrained


def export_onnx(pretrained: Pretrained, path: Path, *, normalization: bool) -> None:
    """Write a net to an ONNX file.

    The exported model averages over the same views of an image as zoo's prediction.

    Args:
        pretrained: net with its weights.
        path: file to write.
        normalization: whether the input is uint8 pixels ``(N, C, H, W)`` that the exported model
            normalizes, or normalized float32 images.
    """
    # onnx is imported in functions, because it is not a requirement of this package.
    from onnx import TensorProto, helper, save

    classes = [task.outputs for task in pretrained.tasks]
    names = onnx_outputs(len(classes))
    graph = _Graph()
    x = _normalize(graph, ONNX_INPUT, pretrained) if normalization else ONNX_INPUT
    logits = [
        _logits(graph, view, pretrained.model.layers) for view in _views(graph, x, pretrained)
    ]
    mean = graph.node("Mean", *logits) if len(logits) > 1 else logits[0]
    graph.node("Split", mean, graph.constant(np.array(classes)), outputs=names, axis=1)
    kind = TensorProto.UINT8 if normalization else TensorProto.FLOAT
    # "N" is a symbolic dimension: the number of images may differ in every call.
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "numpy-net",
            [helper.make_tensor_value_info(ONNX_INPUT, kind, ["N", *pretrained.input_shape])],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", count])
                for name, count in zip(names, classes, strict=True)
            ],
            graph.constants,
        ),
        opset_imports=(opsets := [helper.make_opsetid("", ONNX_OPSET)]),
        # The oldest file format with this opset, for the sake of older runtimes.
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="zoo",
    )
    save(model, path)


class _Graph:
    """ONNX nodes in the order of computation, and their constants."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        # By id, so that views share weights. The array is kept, because Python reuses the id of
        # an array that was freed.
        self._known: dict[int, tuple[str, NDArray[Any]]] = {}

    def node(
        self, kind: str, *inputs: str, outputs: list[str] | None = None, **settings: Any
    ) -> str:
        """Add a node and return the name of its first output."""
        from onnx import helper

        outputs = outputs or [f"{kind.lower()}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(kind, inputs, outputs, **settings))
        return outputs[0]

    def constant(self, array: NDArray[Any]) -> str:
        """Return the name of an array in the file, which contains each array once."""
        from onnx import numpy_helper

        if id(array) not in self._known:
            name = f"constant_{len(self.constants)}"
            self._known[id(array)] = name, array
            self.constants.append(numpy_helper.from_array(array, name))
        return self._known[id(array)][0]


def _normalize(graph: _Graph, images: str, pretrained: Pretrained) -> str:
    """Add the arithmetic of `zoo_numpy.normalize.normalize`."""
    from onnx import TensorProto

    std = np.array(pretrained.normalization.std).reshape(-1, 1, 1)
    mean = np.array(pretrained.normalization.mean).reshape(-1, 1, 1)
    floats = graph.node("Cast", images, to=TensorProto.FLOAT)
    scaled = graph.node("Mul", floats, graph.constant((1 / (255 * std)).astype(np.float32)))
    return graph.node("Sub", scaled, graph.constant((mean / std).astype(np.float32)))


def _views(graph: _Graph, x: str, pretrained: Pretrained) -> list[str]:
    """Add the shifted views of normalized images and return their names."""
    channels, height, width = pretrained.input_shape
    margin, windows = shift_slices(pretrained.views, height, width)
    if not margin:
        return [x]
    # Pad fills with 0, but a normalized black pixel is -mean/std, per channel. Therefore the border
    # of `black` is added, whose inside is 0.
    pixels = np.zeros((1, channels, height + 2 * margin, width + 2 * margin), np.uint8)
    black = normalize(pixels, pretrained.normalization)
    black[:, :, margin:-margin, margin:-margin] = 0
    margins = graph.constant(np.array([0, 0, margin, margin] * 2))  # before and after each axis
    padded = graph.node("Add", graph.node("Pad", x, margins), graph.constant(black))
    axes = graph.constant(np.array([2, 3]))
    return [
        graph.node(
            "Slice",
            padded,
            graph.constant(np.array([rows.start, columns.start])),
            graph.constant(np.array([rows.stop, columns.stop])),
            axes,
        )
        for rows, columns in windows
    ]


def _logits(graph: _Graph, x: str, layers: list[Layer]) -> str:
    """Add all layers and return the outputs of all heads, side by side."""
    x = graph.node("Flatten", x, axis=1)  # (N, C·H·W)
    for layer in layers:
        x = _layer(graph, x, layer)
    return x


def _layer(graph: _Graph, x: str, layer: Layer) -> str:
    """Add a layer as it is in prediction: without dropout."""
    match layer:
        case Dense():
            arrays = [graph.constant(each.value) for each in layer.parameters.values()]
            return graph.node("Gemm", x, *arrays, transB=1)  # x · weightᵀ + bias
        case ReLU():
            slope = layer.slope
            return graph.node("LeakyRelu", x, alpha=slope) if slope else graph.node("Relu", x)
        case Tanh():
            return graph.node("Tanh", x)
        case Sigmoid():
            return graph.node("Sigmoid", x)
        case Dropout():
            return x
    raise TypeError(f"cannot export a layer of type {type(layer).__name__} to ONNX")
