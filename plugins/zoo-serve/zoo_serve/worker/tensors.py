"""Input tensors of the Open Inference Protocol, as JSON or as bytes after the JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_serve.messages import Request
from zoo_serve.worker.datatypes import DTYPES
from zoo_serve.worker.numbers import convert, parse_json, parse_numbers
from zoo_serve.worker.replies import RefusedError

MAX_DIMENSIONS = 32


def split_body(request: Request) -> tuple[dict[str, Any], memoryview]:
    """Return the JSON object of a request, and the bytes after it.

    Raises:
        RefusedError: it is malformed.
    """
    body, rest = request.body, memoryview(b"")
    if text := request.header_length:
        if not (text.isascii() and text.isdecimal() and len(text) < 12 and int(text) <= len(body)):
            raise RefusedError(
                400,
                "wrong Inference-Header-Content-Length: expected a number of bytes up to "
                f"{len(body)}, got {text[:40]!r}",
            )
        body, rest = body[: int(text)], memoryview(body)[int(text) :]
    value = parse_json(body)
    if not isinstance(value, dict):
        raise RefusedError(400, f"expected a JSON object, got {type(value).__name__}")
    return value, rest


def read_input(value: Mapping[str, Any], rest: memoryview, name: str) -> NDArray[Any]:
    """Return the only input tensor of a request.

    Args:
        value: the request's JSON object.
        rest: bytes after the JSON.
        name: name of the model's input.

    Raises:
        RefusedError: it is missing, has another name, or its values do not fit its shape.
    """
    inputs = value.get("inputs")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise RefusedError(400, f"inputs: expected a list with one tensor {name!r}")
    (tensor,) = inputs
    if tensor.get("name") != name:
        raise RefusedError(
            400, f"wrong input: expected the tensor {name!r}, got {str(tensor.get('name'))[:80]!r}"
        )
    shape, dtype = _shape(tensor), _dtype(tensor)
    size = _binary_size(tensor)
    if size is None:
        if len(rest):
            raise RefusedError(400, f"expected no bytes after the JSON, got {len(rest)}")
        array = parse_numbers(tensor.get("data", []), "data")
        _check_count(array.size, shape)
        return convert(array, dtype, "data").reshape(shape)
    if size != len(rest):
        raise RefusedError(
            400, f"expected binary_data_size {size} bytes after the JSON, got {len(rest)}"
        )
    if size % dtype.itemsize:
        raise RefusedError(400, f"expected values of {dtype.itemsize} bytes, got {size} bytes")
    _check_count(size // dtype.itemsize, shape)
    return np.frombuffer(rest, dtype).reshape(shape)


def _shape(tensor: Mapping[str, Any]) -> tuple[int, ...]:
    shape = tensor.get("shape")
    if (
        not isinstance(shape, list)
        or not 0 < len(shape) <= MAX_DIMENSIONS
        # not `isinstance`, because True is an int
        or any(type(size) is not int or not 0 <= size < 1 << 40 for size in shape)
    ):
        raise RefusedError(400, f"shape: expected a list of sizes, got {str(shape)[:80]}")
    return tuple(shape)


def _dtype(tensor: Mapping[str, Any]) -> np.dtype[Any]:
    datatype = tensor.get("datatype")
    if not isinstance(datatype, str) or datatype not in DTYPES:
        raise RefusedError(
            400, f"datatype: expected one of {', '.join(DTYPES)}, got {str(datatype)[:40]!r}"
        )
    return DTYPES[datatype]


def _binary_size(tensor: Mapping[str, Any]) -> int | None:
    """Return the bytes of a binary tensor; None for one in JSON."""
    parameters = tensor.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise RefusedError(400, "parameters: expected an object")
    size = parameters.get("binary_data_size")
    if size is not None and (type(size) is not int or size < 0):
        raise RefusedError(400, f"binary_data_size: expected a number, got {str(size)[:40]!r}")
    return size


def _check_count(count: int, shape: tuple[int, ...]) -> None:
    if count != math.prod(shape):
        raise RefusedError(
            400, f"expected {math.prod(shape)} values for the shape {list(shape)}, got {count}"
        )
