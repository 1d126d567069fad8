"""Tensors of a safetensors file as views of its content in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DTYPES: Mapping[str, type] = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "U64": np.uint64,
    "I32": np.int32,
    "U32": np.uint32,
    "I16": np.int16,
    "U16": np.uint16,
    "I8": np.int8,
    "U8": np.uint8,
    "BOOL": np.bool_,
    "C64": np.complex64,
}


def view_tensors(content: memoryview, header: Mapping[str, Any]) -> dict[str, NDArray[Any]] | None:
    """Return the tensors of a safetensors file without copying them.

    Args:
        content: the whole file; the views are writable if it is.
        header: its header, parsed.

    Returns:
        None if the header is not byte for byte the one that the safetensors library writes for
        aligned tensors in this order. Such a file may be valid; the library must parse it.
    """
    start = 8 + int.from_bytes(content[:8], "little")
    try:
        views, expected = _view_and_describe(content[start:], header)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # a value of the wrong type, a dtype that NumPy lacks, or a truncated file
    # Comparing bytes checks all that the library checks: types, offsets without gaps, sizes, and
    # the JSON itself, for which Python's parser is more tolerant. Spaces are the library's padding.
    is_valid = bytes(content[8:start]).rstrip(b" ") == expected
    return views if is_valid and all(each.flags.aligned for each in views.values()) else None


def _view_and_describe(
    data: memoryview, header: Mapping[str, Any]
) -> tuple[dict[str, NDArray[Any]], bytes]:
    """Return views of all data in the header's order, and the header that the library writes."""
    views, written = dict[str, NDArray[Any]](), dict[str, Any]()
    end = 0
    for name, info in header.items():
        if name == "__metadata__":
            written[name] = {key: _string(value) for key, value in info.items()}
            continue
        views[name] = view = np.ndarray(info["shape"], _DTYPES[info["dtype"]], data, end)
        begin, end = end, end + view.nbytes
        # The shape is that of the view, because NumPy also accepts -1 and a single integer.
        written[name] = {
            "dtype": info["dtype"],
            "shape": view.shape,
            "data_offsets": (begin, end),
        }
    if end < len(data):
        raise ValueError("bytes after the last tensor")
    return views, json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, got {type(value).__name__}")
    return value
