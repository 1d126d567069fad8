"""Reading IDX files, the format of MNIST: a header of sizes, then the bytes."""

import hashlib
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import DataError, VerificationError

_UINT8 = 0x08

MAX_SIZE = 1 << 30
"""Bytes that are read at most; the largest file of MNIST has 47 million."""


def read_idx(path: Path, *, sha256: str | None = None) -> NDArray[np.uint8]:
    """Read a gzip-compressed IDX file of unsigned bytes.

    The format: two zero bytes, the type (8 is unsigned byte), the number of dimensions, the size
    of each as a big-endian 32-bit number, then the elements, the last dimension fastest.

    Args:
        path: the file.
        sha256: what the checksum of its uncompressed content must be.

    Returns:
        An array of the file's dimensions; it cannot be written to.

    Raises:
        DataError: the file cannot be read, or is not of this format.
        VerificationError: it is, and has another checksum.
    """
    try:
        file = _Gzip(path.read_bytes())
        magic = file.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] != _UINT8 or not magic[3]:
            raise _malformed(path, f"it begins with {magic.hex() or 'nothing'}, not 000008…")
        sizes = file.read(4 * magic[3])
        if len(sizes) < 4 * magic[3]:
            raise _malformed(path, f"its header of {magic[3]} dimensions is cut short")
        shape = tuple(np.frombuffer(sizes, ">u4").tolist())
        expected = math.prod(shape)
        if expected > MAX_SIZE:
            raise _malformed(path, f"its header {shape} promises more than 1 GiB")
        # One byte more than there should be at most, however long the file goes on.
        content = file.read(expected + 1)
        if len(content) <= expected:
            file.check_end()
    except (OSError, EOFError, zlib.error) as exc:
        raise DataError(f"{path} cannot be read: {exc}", hint="Reinstall zoo-mnist.") from exc
    if len(content) != expected:
        found = f"{len(content):,}" if len(content) < expected else "more"
        raise _malformed(path, f"its header {shape} promises {expected:,} bytes, it has {found}")
    digest = hashlib.sha256(magic + sizes)
    digest.update(content)
    if sha256 is not None and digest.hexdigest() != sha256:
        raise VerificationError(
            f"{path} has the sha256 {digest.hexdigest()}, it should be {sha256}",
            hint="Reinstall zoo-mnist.",
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


class _Gzip:
    """A gzip file's content, read from its beginning.

    Unlike the module gzip it inflates what is asked for in one call, during which other threads
    go on: the framework may be imported meanwhile.
    """

    def __init__(self, compressed: bytes) -> None:
        self._inflate = zlib.decompressobj(wbits=31)  # with gzip's header and checksum
        self._left = compressed

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes, at least 1, or as many as there are."""
        content = self._inflate.decompress(self._left, count)
        self._left = self._inflate.unconsumed_tail
        return content

    def check_end(self) -> None:
        """Raise EOFError where the checksum behind the content is missing."""
        if not self._inflate.eof:
            raise EOFError("it ends before its checksum")


def _malformed(path: Path, why: str) -> DataError:
    return DataError(f"{path} is not an IDX file of bytes: {why}", hint="Reinstall zoo-mnist.")
