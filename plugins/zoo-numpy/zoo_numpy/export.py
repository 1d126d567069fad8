"""The net for other programs: its layers, written down in ONNX one by one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import VIEWS
from zoo_numpy.layers import Dense, Dropout, Layer, ReLU, Sigmoid, Tanh
from zoo_numpy.normalize import normalize

if TYPE_CHECKING:
    from zoo_core import Pretrained

OPSET = 18
"""Of ONNX: runtimes since 2023 know it."""


def export_onnx(pretrained: Pretrained, path: Path, *, normalization: bool) -> None:
    """Write a net as one ONNX file.

    Its input is ``images``; its outputs are ``logits``, or ``logits_head1`` and so on. Where
    weights predict by several views of an image, so does the file.

    Args:
        pretrained: the net with its weights.
        path: of the file.
        normalization: whether the input is uint8 ``(N, C, H, W)``, or what normalization makes of
            it: float32.
    """
    from onnx import TensorProto, helper, save

    classes = [len(names) for names in pretrained.card.dataset.classes]
    names = (
        ["logits"] if len(classes) == 1 else [f"logits_head{i + 1}" for i in range(len(classes))]
    )
    graph = _Graph()
    x = _normalize(graph, "images", pretrained) if normalization else "images"
    seen = [_logits(graph, view, pretrained.model.layers) for view in _views(graph, x, pretrained)]
    mean = graph.node("Mean", *seen) if len(seen) > 1 else seen[0]
    graph.node("Split", mean, graph.constant(np.array(classes)), outputs=names, axis=1)
    kind = TensorProto.UINT8 if normalization else TensorProto.FLOAT
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "numpy-net",
            [helper.make_tensor_value_info("images", kind, ["N", *pretrained.input_shape])],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", count])
                for name, count in zip(names, classes, strict=True)
            ],
            graph.constants,
        ),
        opset_imports=(opsets := [helper.make_opsetid("", OPSET)]),
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="zoo",
    )
    save(model, path)


class _Graph:
    """Nodes in the order in which they are computed, and the numbers that they need."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._known: dict[int, tuple[str, NDArray[Any]]] = {}  # by id, for as long as they live

    def node(
        self, kind: str, *inputs: str, outputs: list[str] | None = None, **settings: Any
    ) -> str:
        """Add a node and return the name of its first output."""
        from onnx import helper

        outputs = outputs or [f"{kind.lower()}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(kind, inputs, outputs, **settings))
        return outputs[0]

    def constant(self, array: NDArray[Any]) -> str:
        """Return the name of an array, which is written once."""
        from onnx import numpy_helper

        if id(array) not in self._known:
            name = f"constant_{len(self.constants)}"
            self._known[id(array)] = name, array
            self.constants.append(numpy_helper.from_array(array, name))
        return self._known[id(array)][0]


def _normalize(graph: _Graph, images: str, pretrained: Pretrained) -> str:
    """Return what `zoo_numpy.normalize` makes of bytes."""
    from onnx import TensorProto

    std = np.array(pretrained.normalization.std).reshape(-1, 1, 1)
    mean = np.array(pretrained.normalization.mean).reshape(-1, 1, 1)
    floats = graph.node("Cast", images, to=TensorProto.FLOAT)
    scaled = graph.node("Mul", floats, graph.constant((1 / (255 * std)).astype(np.float32)))
    return graph.node("Sub", scaled, graph.constant((mean / std).astype(np.float32)))


def _views(graph: _Graph, x: str, pretrained: Pretrained) -> list[str]:
    """Return normalized images, moved; what is black is no 0 among them."""
    moves = VIEWS[pretrained.views]
    rim = max(abs(pixels) for move in moves for pixels in move)
    if not rim:
        return [x]
    channels, height, width = pretrained.input_shape
    wide = np.zeros((1, channels, height + 2 * rim, width + 2 * rim), np.uint8)
    black = normalize(wide, pretrained.normalization)
    black[:, :, rim:-rim, rim:-rim] = 0
    rims = graph.constant(np.array([0, 0, rim, rim] * 2))
    padded = graph.node("Add", graph.node("Pad", x, rims), graph.constant(black))
    axes = graph.constant(np.array([2, 3]))
    size = np.array([height, width])
    corners = [np.array([rim - down, rim - right]) for down, right in moves]
    return [
        graph.node("Slice", padded, graph.constant(at), graph.constant(at + size), axes)
        for at in corners
    ]


def _logits(graph: _Graph, x: str, layers: list[Layer]) -> str:
    """Return the outputs of all heads, side by side, for normalized images."""
    x = graph.node("Flatten", x, axis=1)
    for layer in layers:
        x = _after(graph, x, layer)
    return x


def _after(graph: _Graph, x: str, layer: Layer) -> str:
    """Return what a layer gives where nothing is trained."""
    match layer:
        case Dense():
            arrays = [graph.constant(each.value) for each in layer.parameters.values()]
            return graph.node("Gemm", x, *arrays, transB=1)
        case ReLU():
            slope = layer._slope
            return graph.node("LeakyRelu", x, alpha=slope) if slope else graph.node("Relu", x)
        case Tanh():
            return graph.node("Tanh", x)
        case Sigmoid():
            return graph.node("Sigmoid", x)
        case Dropout():
            return x
    raise TypeError(f"there is no ONNX for a layer {type(layer).__name__}")
