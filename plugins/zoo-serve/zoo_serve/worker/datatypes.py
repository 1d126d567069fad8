"""Datatypes of the Open Inference Protocol, and the dtypes of NumPy that they are."""

from __future__ import annotations

from typing import Any

import numpy as np

BYTES = "BYTES"
"""Datatype of texts."""

DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    **{f"UINT{8 * size}": np.dtype(f"<u{size}") for size in (1, 2, 4, 8)},
    **{f"INT{8 * size}": np.dtype(f"<i{size}") for size in (1, 2, 4, 8)},
    **{f"FP{8 * size}": np.dtype(f"<f{size}") for size in (2, 4, 8)},
}
"""Datatype -> dtype, little-endian, as in binary tensors."""

_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def datatype_of(dtype: np.dtype[Any]) -> str:
    """Return the datatype of a dtype; texts and other objects are `BYTES`."""
    return _NAMES.get(dtype.newbyteorder("<"), BYTES)
