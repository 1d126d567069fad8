"""Reader of IDX files, the format of MNIST: a header of sizes, then the elements."""

import gzip
import hashlib
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import DataError, VerificationError

_UINT8 = 0x08


def read_idx(path: Path, *, sha256: str | None = None) -> NDArray[np.uint8]:
    """Read a gzip-compressed IDX file of unsigned bytes.

    The format: two zero bytes, the type (8 is unsigned byte), the number of dimensions, the size
    of each as a big-endian 32-bit number, then the elements, the last dimension fastest.

    Args:
        path: the file.
        sha256: expected checksum of the uncompressed content; None skips the check.

    Returns:
        A read-only array of the file's dimensions.

    Raises:
        DataError: the file cannot be read, or is not of this format.
        VerificationError: the file has a different checksum.
    """
    try:
        # One call for the whole file, because zlib releases the GIL for its duration, so that
        # another thread can import the framework at the same time.
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise DataError(f"{path} cannot be read: {reason}", hint="Reinstall zoo-mnist.") from exc
    array = _parse(path, content)
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and digest != sha256:
        raise VerificationError(
            f"checksum mismatch for {path}: expected sha256 {sha256}, got {digest}",
            hint="Reinstall zoo-mnist.",
        )
    return array


def _parse(path: Path, content: bytes) -> NDArray[np.uint8]:
    start = content[:4]
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] != _UINT8 or not start[3]:
        raise _malformed(path, f"expected the first bytes 000008…, got {start.hex() or 'nothing'}")
    header = 4 + 4 * start[3]
    if len(content) < header:
        raise _malformed(path, f"its header of {start[3]} dimensions is truncated")
    shape = tuple(np.frombuffer(content[4:header], ">u4").tolist())
    # Python's integers, because the product of 255 sizes may exceed 64 bits.
    expected, size = math.prod(shape), len(content) - header
    if size != expected:
        raise _malformed(path, f"its header {shape} requires {expected:,} bytes, got {size:,}")
    # A view of `content`: bytes are immutable, so the array is read-only and nothing is copied.
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _malformed(path: Path, reason: str) -> DataError:
    return DataError(f"{path} is not an IDX file of bytes: {reason}", hint="Reinstall zoo-mnist.")
