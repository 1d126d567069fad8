"""Graphs of ONNX programs: their constants, the consumers of a value, and unused nodes."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, load_model_from_string, numpy_helper

from zoo_onnx.program import tensor_places


def load_program(program: bytes, weights: bytes | memoryview) -> ModelProto:
    """Return a published program that contains its parameters, named as in the weight file.

    Args:
        program: content of the ONNX file.
        weights: content of the weight file, to which the program refers.
    """
    model = load_model_from_string(program)
    names = {place.offset: name for name, place in tensor_places(weights).items() if place.length}
    renamed = {}
    for tensor in model.graph.initializer:
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        stated = {each.key: each.value for each in tensor.external_data}
        offset, length = int(stated["offset"]), int(stated["length"])
        tensor.raw_data = bytes(weights[offset : offset + length])
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]
        renamed[tensor.name] = names[offset]
        tensor.name = names[offset]
    for node in model.graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    return model


def constants(model: ModelProto) -> dict[str, NDArray[Any]]:
    """Return the constants of a program by name."""
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def attributes(node: NodeProto) -> dict[str, Any]:
    """Return the attributes of a node by name."""
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def only_consumer(model: ModelProto, node: NodeProto) -> NodeProto | None:
    """Return the node that alone uses a node's only output; None if there is no such node."""
    (output, *others) = node.output
    is_result = any(each.name == output for each in model.graph.output)
    users = [each for each in model.graph.node if output in each.input]
    return users[0] if len(users) == 1 and not is_result and not any(others) else None


def replace_nodes(model: ModelProto, nodes: list[NodeProto]) -> None:
    """Set the nodes of a program, without those that no result depends on, and its constants."""
    needed = {each.name for each in model.graph.output}
    kept = []
    for node in reversed(nodes):  # because a node comes after those that it depends on
        if needed & {*node.output}:
            needed |= {*node.input}
            kept.append(node)
    constants = [each for each in model.graph.initializer if each.name in needed]
    kept.reverse()
    del model.graph.node[:], model.graph.initializer[:], model.graph.value_info[:]
    model.graph.node.extend(kept)
    model.graph.initializer.extend(constants)
