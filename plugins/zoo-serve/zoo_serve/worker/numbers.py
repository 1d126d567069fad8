"""Arrays from JSON: nested lists of numbers, checked against a dtype."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_serve.worker.replies import RefusedError

_KINDS = {"b": "b", "u": "ui", "i": "ui", "f": "uif"}
"""Kind of a dtype -> kinds of JSON values that it can hold."""

_WORDS = {"b": "true or false", "u": "integers", "i": "integers", "f": "numbers"}


def parse_json(content: bytes) -> Any:
    """Return the value of JSON.

    Raises:
        RefusedError: it is not JSON.
    """
    try:
        return json.loads(content)
    except RecursionError as exc:
        raise RefusedError(400, "expected JSON, got JSON that is nested too deeply") from exc
    except ValueError as exc:  # also of text that is not UTF-8
        raise RefusedError(400, f"expected JSON, got an error: {str(exc)[:200]}") from exc


def parse_numbers(data: Any, what: str) -> NDArray[Any]:
    """Return nested lists of numbers, or of true and false, as an array.

    Raises:
        RefusedError: they are not.
    """
    expected = f"{what}: expected lists of numbers of equal lengths"
    try:
        array = np.array(data)
    except (ValueError, OverflowError, RecursionError) as exc:
        raise RefusedError(400, f"{expected}, got lists of different lengths or depths") from exc
    if array.dtype.kind not in "buif" or not array.ndim:
        raise RefusedError(400, f"{expected}, got {json.dumps(data, default=str)[:80]}")
    return array


def convert(array: NDArray[Any], dtype: np.dtype[Any], what: str) -> NDArray[Any]:
    """Return an array in a dtype that can hold its values.

    Raises:
        RefusedError: a value is of another kind, or out of range.
    """
    if array.size and array.dtype.kind not in _KINDS[dtype.kind]:
        raise RefusedError(400, f"{what}: expected {_WORDS[dtype.kind]}, got {array.flat[0]}")
    if dtype.kind in "ui" and array.size:
        limits = np.iinfo(dtype)
        low, high = int(array.min()), int(array.max())
        if low < limits.min or high > limits.max:
            wrong = low if low < limits.min else high
            raise RefusedError(400, f"{what}: expected {limits.min} to {limits.max}, got {wrong}")
    with np.errstate(over="ignore"):  # infinite numbers are refused with their place
        return array.astype(dtype)
