"""Simplification of a program before it is quantized; its outputs stay the same up to rounding.

The fewer operators are left between two layers, the fewer numbers are rounded to 8 bits.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
from onnx import ModelProto, NodeProto, helper

from zoo_onnx.program import pool_globally
from zoo_onnx.quantization.graph import attributes, constants, only_consumer, replace_nodes


def simplify(model: ModelProto) -> ModelProto:
    """Return a program in which the layers can be quantized.

    Args:
        model: the program with its parameters, which is changed.
    """
    replace_nodes(model, list(model.graph.node))
    while _swap_pooling(model):
        pass
    pool_globally(model)
    _flatten_means(model)
    optimized = _optimize(model)
    _drop_zero_biases(optimized)
    _separate_biases(optimized)
    # Named, because the quantizer accepts the names of the nodes that stay as they are.
    for number, node in enumerate(optimized.graph.node):
        node.name = f"{node.op_type}_{number}"
    return optimized


def _optimize(model: ModelProto) -> ModelProto:
    """Return a program with folded constants, and with batch norms folded into convolutions."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(prefix="zoo-onnx-") as folder:
        path, optimized = Path(folder) / "model.onnx", Path(folder) / "optimized.onnx"
        onnx.save(model, path)
        # Without symbolic shapes, which require sympy: those that ONNX infers are enough.
        quant_pre_process(path, optimized, skip_symbolic_shape=True)
        return onnx.load(optimized)


def _swap_pooling(model: ModelProto) -> bool:
    """Move a max pooling behind an increasing function; return whether one followed a pooling.

    The maximum of an increasing function is the function of the maximum. A batch norm then follows
    its convolution, and is folded into it.
    """
    nodes = list(model.graph.node)
    for pooling in nodes:
        following = only_consumer(model, pooling) if pooling.op_type == "MaxPool" else None
        if following is None or not _is_increasing(model, following):
            continue
        first, last = nodes.index(pooling), nodes.index(following)
        middle, result = pooling.output[0], following.output[0]
        following.input[0], following.output[0] = pooling.input[0], middle
        pooling.input[0], pooling.output[0] = middle, result
        nodes[first], nodes[last] = following, pooling
        replace_nodes(model, nodes)
        return True
    return False


def _is_increasing(model: ModelProto, node: NodeProto) -> bool:
    if node.op_type == "BatchNormalization":
        scale = constants(model).get(node.input[1])
        return scale is not None and bool((scale > 0).all())
    return node.op_type == "Relu"


def _flatten_means(model: ModelProto) -> None:
    """Replace the computed shape of means over all pixels, before a dense layer, by `Flatten`.

    The pooling and the flattening then stay among integers.
    """
    known, shapes = constants(model), _shapes(model)
    nodes = list(model.graph.node)
    for mean in nodes:
        is_mean = mean.op_type == "GlobalAveragePool"
        reshape = only_consumer(model, mean) if is_mean else None
        dense = only_consumer(model, reshape) if reshape and reshape.op_type == "Reshape" else None
        if reshape is None or dense is None or dense.op_type != "Gemm":
            continue
        shape, weight = shapes.get(mean.input[0], []), known.get(dense.input[1])
        if weight is None or len(shape) != 4:
            continue
        # Of a matrix with as many columns as channels, each row is the means of one example.
        if shape[1] == weight.shape[1 if attributes(dense).get("transB") else 0]:
            flat = helper.make_node("Flatten", [mean.output[0]], [reshape.output[0]])
            nodes[nodes.index(reshape)] = flat
    replace_nodes(model, nodes)


def _shapes(model: ModelProto) -> dict[str, list[int]]:
    """Return the shapes of values; an unknown number is 0."""
    inferred = onnx.shape_inference.infer_shapes(model).graph.value_info
    return {
        each.name: [axis.dim_value for axis in each.type.tensor_type.shape.dim] for each in inferred
    }


def _drop_zero_biases(model: ModelProto) -> None:
    """Remove biases of 0, which exporters add to convolutions without one."""
    known = constants(model)
    for node in model.graph.node:
        if node.op_type == "Conv" and len(node.input) == 3:
            bias = known.get(node.input[2])
            if bias is not None and not bias.any():
                del node.input[2]
    replace_nodes(model, list(model.graph.node))


def _separate_biases(model: ModelProto) -> None:
    """Copy each bias that several layers share, because its integers depend on a layer's input.

    The quantizer would take those of the first layer for all, with the scale of its input alone.
    """
    known, seen = constants(model), set[str]()
    for node in model.graph.node:
        if node.op_type not in {"Conv", "Gemm"} or len(node.input) < 3:
            continue
        bias = node.input[2]
        if bias in seen and bias in known:
            node.input[2] = f"{bias}.{len(seen)}"
            copy = onnx.numpy_helper.from_array(known[bias], node.input[2])
            model.graph.initializer.append(copy)
        seen.add(node.input[2])
