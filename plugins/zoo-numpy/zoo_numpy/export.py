"""Export of a net to ONNX, one operator after another.

Operators are described at https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import ONNX_OPSET, onnx_input, onnx_outputs, shift_slices
from zoo_numpy.layers import Dense, Dropout, Layer, ReLU, Sigmoid, Tanh
from zoo_numpy.normalize import normalize

if TYPE_CHECKING:
    from zoo_core import Pretrained


_BEFORE_FIRST = -(2**31)
"""End of a window that runs backwards to the first column."""


def export_onnx(pretrained: Pretrained, path: Path, *, normalization: bool) -> None:
    """Write a net to an ONNX file.

    The exported model averages over the same views of an image as zoo's prediction, and returns
    outputs in the units of the targets.

    Args:
        pretrained: net with its weights.
        path: file to write.
        normalization: whether the exported model normalizes its input, such as uint8 pixels
            ``(N, C, H, W)``, or gets normalized numbers.
    """
    # onnx is imported in functions, because it is not a requirement of this package.
    from onnx import helper, save

    counts = [task.outputs for task in pretrained.tasks]
    graph = _Graph()
    name, names = onnx_input(pretrained.input), onnx_outputs(pretrained.input, pretrained.targets)
    x = _normalize(graph, name, pretrained) if normalization else name
    is_image = pretrained.input.kind == "image"
    # As the weights, because ONNX has no arithmetic of numbers of different precision.
    dtype = next(parameter.value.dtype for _, parameter in pretrained.model.parameters())
    numbers = np.dtype(np.float32 if is_image else pretrained.input.dtype)
    x = graph.cast(x, dtype) if numbers != dtype else x
    outputs = [
        _outputs(graph, view, pretrained.model.layers) for view in _views(graph, x, pretrained)
    ]
    mean = graph.node("Mean", *outputs) if len(outputs) > 1 else outputs[0]
    _restore(graph, mean, dict(zip(names, counts, strict=True)), pretrained, dtype)
    given = np.dtype(pretrained.input.dtype) if normalization else numbers
    # "N" is a symbolic dimension: the number of examples may differ in every call.
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "numpy-net",
            [_port(name, given, pretrained.input_shape)],
            [_port(each, dtype, (count,)) for each, count in zip(names, counts, strict=True)],
            graph.constants,
        ),
        opset_imports=(opsets := [helper.make_opsetid("", ONNX_OPSET)]),
        # The oldest file format with this opset, for the sake of older runtimes.
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="zoo",
    )
    save(model, path)


def _port(name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Any:
    """Return the description of an input or output."""
    from onnx import helper

    return helper.make_tensor_value_info(name, _element_type(dtype), ["N", *shape])


def _element_type(dtype: np.dtype[Any]) -> int:
    from onnx import helper

    return int(helper.np_dtype_to_tensor_dtype(dtype))


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

    def cast(self, x: str, dtype: Any) -> str:
        """Return the name of numbers converted to a dtype."""
        return self.node("Cast", x, to=_element_type(np.dtype(dtype)))

    def constant(self, array: NDArray[Any]) -> str:
        """Return the name of an array in the file, which contains each array once."""
        from onnx import numpy_helper

        if id(array) not in self._known:
            name = f"constant_{len(self.constants)}"
            self._known[id(array)] = name, array
            self.constants.append(numpy_helper.from_array(array, name))
        return self._known[id(array)][0]


def _normalize(graph: _Graph, name: str, pretrained: Pretrained) -> str:
    """Add the arithmetic of `zoo_numpy.normalize.normalize`."""
    normalization, spec = pretrained.normalization, pretrained.input
    shape = (-1, *(1,) * (len(spec.shape) - 1))
    # As for images of a data set without statistics, whose pixels are from 0 to 1.
    numbers = normalization.mean or (0.0,), normalization.std or (1.0,)
    mean, std = (np.array(each).reshape(shape) for each in numbers)
    if spec.kind == "image":
        floats = graph.cast(name, np.float32)
        scaled = graph.node("Mul", floats, graph.constant((1 / (255 * std)).astype(np.float32)))
        return graph.node("Sub", scaled, graph.constant((mean / std).astype(np.float32)))
    if normalization.fill:
        fill = np.array(normalization.fill, spec.dtype).reshape(shape)
        name = graph.node("Where", graph.node("IsNaN", name), graph.constant(fill), name)
    if not normalization.mean:
        return name
    # In float64 until the end, because a mean may be far larger than its deviation.
    centered = graph.node("Sub", graph.cast(name, np.float64), graph.constant(mean))
    return graph.cast(graph.node("Div", centered, graph.constant(std)), spec.dtype)


def _restore(
    graph: _Graph,
    outputs: str,
    heads: dict[str, int],
    pretrained: Pretrained,
    dtype: np.dtype[Any],
) -> None:
    """Add the division into heads, each in the units of its targets.

    `heads` has the number of outputs of each head, by its name.
    """
    scales = pretrained.normalization.targets or (None,) * len(heads)
    plain = [f"scaled_{name}" if scale else name for name, scale in zip(heads, scales, strict=True)]
    sizes = graph.constant(np.array([*heads.values()]))
    graph.node("Split", outputs, sizes, outputs=plain, axis=1)
    for name, scaled, scale in zip(heads, plain, scales, strict=True):
        if scale:
            wide = graph.cast(scaled, np.float64)
            product = graph.node("Mul", wide, graph.constant(np.array(scale.std)))
            total = graph.node("Add", product, graph.constant(np.array(scale.mean)))
            graph.node("Cast", total, outputs=[name], to=_element_type(dtype))


def _views(graph: _Graph, x: str, pretrained: Pretrained) -> list[str]:
    """Add the shifted views of normalized images and return their names."""
    if pretrained.views == 1:
        return [x]
    channels, height, width = pretrained.input_shape
    margin, windows = shift_slices(pretrained.views, height, width)
    # Pad fills with 0, but a normalized black pixel is -mean/std, per channel. Therefore the border
    # of `black` is added, whose inside is 0.
    pixels = np.zeros((1, channels, height + 2 * margin, width + 2 * margin), np.uint8)
    black = normalize(pixels, pretrained.normalization)
    black[:, :, margin : margin + height, margin : margin + width] = 0
    margins = graph.constant(np.array([0, 0, margin, margin] * 2))  # before and after each axis
    padded = graph.node("Add", graph.node("Pad", x, margins), graph.constant(black))
    return [_window(graph, padded, *window) for window in windows]


def _window(graph: _Graph, padded: str, rows: slice, columns: slice) -> str:
    """Add a window of images and return its name."""
    # A mirrored window may end before the first column, which for ONNX is any very negative number.
    end = _BEFORE_FIRST if columns.stop is None else columns.stop
    bounds = [
        graph.constant(np.array(each))
        for each in ([rows.start, columns.start], [rows.stop, end], [2, 3], [1, columns.step or 1])
    ]
    return graph.node("Slice", padded, *bounds)


def _outputs(graph: _Graph, x: str, layers: list[Layer]) -> str:
    """Add all layers and return the outputs of all heads, side by side."""
    x = graph.node("Flatten", x, axis=1)  # such as (N, C·H·W)
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
