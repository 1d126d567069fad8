"""Weight files: safetensors with one metadata key, verified on every load."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from zoo_core.errors import DataError, VerificationError, one_line
from zoo_core.system.atomic_files import write_atomic

Tensors = Mapping[str, NDArray[Any]]

_DAMAGED = "The file was changed or damaged; train or fetch it again."

MAX_HEADER = 1 << 19
"""Bytes of header that are read at most: thousands of tensors and the metadata fit."""


@dataclass(frozen=True)
class WeightFile:
    """What was read from a weight file."""

    path: Path
    tensors: Tensors
    metadata: Mapping[str, Any]
    sha256: str


def save_weights(path: Path, tensors: Tensors, metadata: Mapping[str, Any]) -> str:
    """Write tensors and metadata to `path`, atomically, and return the file's sha256.

    Equal tensors and metadata give equal bytes: the metadata is written as canonical JSON, under
    a single key, since the format keeps no order among several.
    """
    content = save(
        {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()},
        metadata={"zoo": canonical_json(metadata)},
    )
    write_atomic(path, content)
    return hashlib.sha256(content).hexdigest()


def load_weights(path: Path, *, sha256: str | None = None, size: int | None = None) -> WeightFile:
    """Read a weight file: size and checksum first, then the header, then the tensors.

    Args:
        path: the file.
        sha256: what the checksum of the whole file must be; None where nothing states it.
        size: how many bytes it must have; likewise.

    Raises:
        DataError: the file cannot be read.
        VerificationError: it has another checksum, or is not a weight file of zoo.
    """
    content = _read(path, size)
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise VerificationError(
            f"weight file {path} has the sha256 {found}, its card says {sha256}", hint=_DAMAGED
        )
    metadata = _read_metadata(content, path)
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError) as exc:
        raise VerificationError(f"weight file {path} is damaged: {exc}") from exc
    for name, tensor in tensors.items():
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise VerificationError(f"weight file {path}: tensor {name!r} is not finite")
    return WeightFile(path, tensors, metadata, found)


def check_tensors(file: WeightFile, expected: Tensors) -> None:
    """Compare keys, shapes and dtypes with those of a model.

    Raises:
        VerificationError: the weights are not this model's; it names the first difference.
    """
    for wrong, names in (
        ("lacks", expected.keys() - file.tensors.keys()),
        ("has the unknown", file.tensors.keys() - expected.keys()),
    ):
        if names:
            raise VerificationError(f"weight file {file.path} {wrong} tensor {min(names)!r}")
    for name, tensor in expected.items():
        found = file.tensors[name]
        if (found.shape, found.dtype) != (tensor.shape, tensor.dtype):
            raise VerificationError(
                f"weight file {file.path}: tensor {name!r} is {found.dtype} {found.shape}, "
                f"the model's is {tensor.dtype} {tensor.shape}"
            )


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _read(path: Path, size: int | None) -> bytes:
    """Return a file's content, unless its size or its first bytes say that it need not be read."""
    try:
        if path.exists() and not path.is_file():  # a named pipe would be waited for
            raise DataError(f"weight file {path} is not a file")
        with path.open("rb") as file:
            found = os.fstat(file.fileno()).st_size
            if size is not None and found != size:
                raise VerificationError(
                    f"weight file {path} has {found:,} bytes, its card says {size:,}", hint=_DAMAGED
                )
            header = int.from_bytes(file.peek(8)[:8], "little")
            if min(header, found) > MAX_HEADER + 8:
                raise _too_large(path, header)
            return file.read()
    except OSError as exc:
        raise DataError(f"weight file {path} cannot be read: {exc.strerror}") from exc


def _too_large(path: Path, header: int) -> VerificationError:
    return _refusal(path, f"its header has {header:,} bytes, {MAX_HEADER:,} are allowed")


def _refusal(path: Path, why: str) -> VerificationError:
    return VerificationError(
        f"{path} is not a weight file of zoo: {why}",
        hint="A weight file is a model.safetensors that zoo wrote.",
    )


def _read_metadata(content: bytes, path: Path) -> Mapping[str, Any]:
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        raise _refusal(path, f"it has {len(content):,} bytes, too few for its header")
    if length > MAX_HEADER:
        raise _too_large(path, length)
    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=_no_duplicates)
        metadata = json.loads(header["__metadata__"]["zoo"], object_pairs_hook=_no_duplicates)
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise _refusal(path, f"its header is not readable ({one_line(exc)[:200]})") from exc
    if not isinstance(metadata, dict):
        raise _refusal(path, "its metadata is not an object")
    return metadata


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    items = dict(pairs)
    if len(items) < len(pairs):
        raise ValueError("a key stands twice")
    return items
