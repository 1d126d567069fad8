"""ONNX programs whose parameters are the tensors of a weight file.

A published program contains the operators; its parameters are references to places in the weight
file beside it (ONNX's external data). Both runtimes thus compute with the same verified bytes, and
a tag does not contain its weights twice.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from zoo_core.plugin_api import WEIGHTS

if TYPE_CHECKING:
    from zoo_core import Pretrained

Exporter = Callable[..., None]
"""Function of a trainer's plugin that writes a file: ``(pretrained, path, *, normalization)``."""


class Place(NamedTuple):
    """Place of a tensor in a weight file, in bytes, and its dtype in the file's header."""

    offset: int
    length: int
    dtype: str


def write_program(pretrained: Pretrained, weights: bytes, export: Exporter) -> bytes:
    """Return the program of a model.

    Args:
        pretrained: the model.
        weights: content of its weight file.
        export: exporter of its trainer for ONNX.
    """
    import onnx

    with tempfile.TemporaryDirectory(prefix="zoo-onnx-") as folder:
        path = Path(folder) / "model.onnx"
        export(pretrained, path, normalization=True)
        model = onnx.load(path)
    # Inferred shapes, which are as large as the rest of a small program; runtimes infer them, too.
    del model.graph.value_info[:]
    pool_globally(model)
    refer_to_weights(model, weights)
    # Deterministic, so that equal models have equal programs.
    program: bytes = model.SerializeToString(deterministic=True)
    return program


def pool_globally(model: Any) -> None:
    """Replace means over the pixels of each channel by the operator for them.

    Args:
        model: the program, an `onnx.ModelProto`, which is changed.
    """
    # Because ONNX Runtime adds the numbers of a general mean in an order that depends on their
    # place in memory, and with it on the other images of a batch.
    from onnx import numpy_helper

    constants = {each.name: each for each in model.graph.initializer}
    constants |= {
        node.output[0]: attribute.t
        for node in model.graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.name == "value"
    }
    for node in model.graph.node:
        if node.op_type != "ReduceMean" or len(node.input) != 2 or node.input[1] not in constants:
            continue
        axes = sorted(numpy_helper.to_array(constants[node.input[1]]).tolist())
        keeps = all(each.i == 1 for each in node.attribute if each.name == "keepdims")
        if axes in ([2, 3], [-2, -1]) and keeps:  # of images (N, C, H, W)
            node.op_type = "GlobalAveragePool"
            del node.input[1:], node.attribute[:]


def refer_to_weights(model: Any, weights: bytes | memoryview) -> None:
    """Replace the parameters of a program that a weight file contains by references to it.

    Args:
        model: the program, an `onnx.ModelProto`, which is changed.
        weights: content of the weight file.
    """
    from onnx import TensorProto, numpy_helper

    places = {
        (_DTYPES[each.dtype], bytes(weights[each.offset : each.offset + each.length])): each
        for each in tensor_places(weights).values()
        if each.dtype in _DTYPES
    }
    for parameter in model.graph.initializer:
        array = numpy_helper.to_array(parameter)
        place = places.get((array.dtype.str, array.tobytes()))
        if place is None:
            continue
        parameter.ClearField("raw_data")
        parameter.ClearField("float_data")
        parameter.data_location = TensorProto.EXTERNAL
        del parameter.external_data[:]
        facts = {"location": WEIGHTS, "offset": place.offset, "length": place.length}
        for key, value in facts.items():
            parameter.external_data.add(key=key, value=str(value))


_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I8": "|i1", "U8": "|u1", "I32": "<i4"}


def tensor_places(weights: bytes | memoryview) -> dict[str, Place]:
    """Return the places of a weight file's tensors by name; its header was verified by the load."""
    start = 8 + int.from_bytes(weights[:8], "little")
    header = json.loads(bytes(weights[8:start]))
    header.pop("__metadata__", None)
    return {
        name: Place(start + facts["data_offsets"][0], _length(facts), facts["dtype"])
        for name, facts in header.items()
    }


def _length(facts: Any) -> int:
    first, last = facts["data_offsets"]
    return int(last - first)
