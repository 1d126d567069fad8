"""Weight files: safetensors with one metadata key, verified on every load."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from zoo_core.errors import DataError, VerificationError, one_line
from zoo_core.weights.hashed_read import HashedContent, read_hashed

Tensors = Mapping[str, NDArray[Any]]

_DAMAGED = "Train or fetch it again: the file was changed or damaged."
_OTHER_MODEL = (
    "The model is not that of the training, or its code has changed since: install the version of "
    "its plugin on the card, or train again."
)

MAX_HEADER = 1 << 19
"""Maximum bytes of a header: enough for thousands of tensors and the metadata."""


@dataclass(frozen=True)
class WeightFile:
    """The content of a weight file.

    Attributes:
        path: the file.
        tensors: its tensors, by name.
        metadata: the values of its metadata key ``zoo``.
        sha256: checksum of the whole file.
        content: the whole file, for runtimes whose programs refer to places in it.
    """

    path: Path
    tensors: Tensors
    metadata: Mapping[str, Any]
    sha256: str
    content: bytes | memoryview = field(repr=False)


def save_weights(path: Path, tensors: Tensors, metadata: Mapping[str, Any]) -> str:
    """Write a weight file atomically and return its sha256."""
    from zoo_core.system.atomic_files import write_atomic  # loading does not need it

    content = serialize(tensors, metadata)
    write_atomic(path, content)
    return hashlib.sha256(content).hexdigest()


def serialize(tensors: Tensors, metadata: Mapping[str, Any]) -> bytes:
    """Return the content of a weight file; equal tensors and metadata give equal bytes."""
    # One key with canonical JSON, because safetensors writes several keys in a random order.
    canonical = json.dumps(metadata, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return save(
        # safetensors writes a tensor's memory as it is, so a transposed view would be wrong.
        {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()},
        metadata={"zoo": canonical},
    )


def load_weights(
    path: Path, *, sha256: str | None = None, size: int | None = None, foreign: bool = False
) -> WeightFile:
    """Read a weight file: size, header length and checksum, then the header, then the tensors.

    Args:
        path: the file.
        sha256: expected checksum of the whole file; None for any.
        size: expected number of bytes; None for any.
        foreign: whether the file may be one of other software, whose metadata are then empty.

    Raises:
        DataError: the file is unreadable.
        VerificationError: size, checksum or header are wrong, or a value is not finite.
    """
    # Hashed, parsed and loaded from the same bytes in memory: the file may be replaced meanwhile.
    read = _read(path, size)
    if sha256 is not None and read.sha256 != sha256:
        raise VerificationError(
            f"checksum mismatch for weight file {path}: expected sha256 {sha256}, got "
            f"{read.sha256}",
            hint=_DAMAGED,
        )
    header, metadata = _read_header(read.content, path, foreign=foreign)
    tensors = _read_tensors(read, header, path)
    return WeightFile(path, tensors, metadata, read.sha256, read.content)


def check_tensors(file: WeightFile, expected: Tensors) -> None:
    """Compare names, shapes and dtypes with those of a model's tensors.

    Raises:
        VerificationError: they differ; the error names the first difference.
    """
    for wrong, names in (
        ("lacks", expected.keys() - file.tensors.keys()),
        ("has the unknown", file.tensors.keys() - expected.keys()),
    ):
        if names:
            # The smallest name, because the order of a set differs from run to run.
            raise VerificationError(
                f"weight file {file.path} {wrong} tensor {min(names)!r}", hint=_OTHER_MODEL
            )
    for name, tensor in expected.items():
        found = file.tensors[name]
        # Never converted: other dtypes would give other predictions than the published ones.
        if (found.shape, found.dtype) != (tensor.shape, tensor.dtype):
            raise VerificationError(
                f"weight file {file.path}: wrong tensor {name!r}: expected {tensor.dtype} "
                f"{tensor.shape}, got {found.dtype} {found.shape}",
                hint=_OTHER_MODEL,
            )


def _read(path: Path, size: int | None) -> HashedContent:
    """Return a file's content; refuse a wrong size or an oversized header before reading it."""
    try:
        if path.exists() and not path.is_file():  # opening a named pipe would block
            raise DataError(f"weight file {path} is not a file")
        # Unbuffered, because a buffered file would copy all of its content once more.
        with path.open("rb", buffering=0) as file:
            actual = os.fstat(file.fileno()).st_size
            if size is not None and actual != size:
                raise VerificationError(
                    f"wrong size of weight file {path}: expected {size:,} bytes, got {actual:,}",
                    hint=_DAMAGED,
                )
            # A safetensors file begins with the header's length, a little-endian uint64. The
            # check comes before the rest, because an unrelated file may be very large.
            start = file.read(8)
            header = int.from_bytes(start, "little")
            if min(header, actual) > MAX_HEADER + 8:
                raise _too_large(path, header)
            return read_hashed(file, start, actual)
    except OSError as exc:
        raise DataError(f"cannot read weight file {path}: {exc.strerror}") from exc


def _too_large(path: Path, header: int) -> VerificationError:
    return _refusal(path, f"expected at most {MAX_HEADER:,} bytes of header, got {header:,}")


def _refusal(path: Path, why: str) -> VerificationError:
    return VerificationError(
        f"{path} is not a weight file of zoo: {why}",
        hint="Choose a model.safetensors that zoo wrote.",
    )


def _read_header(
    content: bytes | memoryview, path: Path, *, foreign: bool
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return a file's header, and zoo's metadata in it."""
    # By hand, because safetensors' own `safe_open` accepts keys that occur twice, and pydantic
    # would slow down every load by name (see `zoo_core.pretrained.plain_config`).
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        raise _refusal(path, f"its {len(content):,} bytes are too few for its header")
    if length > MAX_HEADER:
        raise _too_large(path, length)
    try:
        header = json.loads(bytes(content[8 : 8 + length]), object_pairs_hook=_no_duplicates)
        if foreign and "zoo" not in header.get("__metadata__", ()):
            return header, {}
        metadata = json.loads(header["__metadata__"]["zoo"], object_pairs_hook=_no_duplicates)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        # RecursionError: thousands of nested brackets.
        raise _refusal(path, f"invalid header ({one_line(exc)[:200]})") from exc
    if not isinstance(metadata, dict):
        raise _refusal(path, f"expected a JSON object as metadata, got {type(metadata).__name__}")
    return header, metadata


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Parsers disagree on which of two equal keys counts, so a file could show one model to a
    # scanner and another one here.
    items = dict(pairs)
    if len(items) < len(pairs):
        raise ValueError("duplicate key")
    return items


def _read_tensors(read: HashedContent, header: Mapping[str, Any], path: Path) -> Tensors:
    views = _view_tensors(read.content, header)
    tensors = _copy_tensors(bytes(read.content), path) if views is None else views
    for name, tensor in tensors.items():
        # The words that `read.finite` is about are those of aligned float32 tensors.
        checked = views is not None and read.finite and tensor.dtype == np.float32
        # One NaN would spread to every prediction without any error.
        if tensor.dtype.kind == "f" and not checked and not np.isfinite(tensor).all():
            raise VerificationError(f"weight file {path}: tensor {name!r} is not finite")
    return tensors


def _view_tensors(content: bytes | memoryview, header: Mapping[str, Any]) -> Tensors | None:
    if isinstance(content, bytes):  # read-only and of any alignment; small, so that it is copied
        return None
    from zoo_core.weights.tensor_views import view_tensors  # small files do not need it

    return view_tensors(content, header)


def _copy_tensors(content: bytes, path: Path) -> Tensors:
    try:
        return load(content)
    except KeyError as exc:  # NumPy lacks types such as BF16
        raise DataError(
            f"weight file {path}: expected numbers of a type of NumPy, got {exc.args[0]}",
            hint="Save it with tensors of float32.",
        ) from exc
    except (SafetensorError, ValueError) as exc:
        raise VerificationError(f"damaged weight file {path}: {exc}") from exc
