"""Reading of a weight file into memory, with its sha256 computed during the read."""

from __future__ import annotations

import hashlib
from io import FileIO
from itertools import pairwise
from typing import NamedTuple

import numpy as np

LARGE = 1 << 24
"""Minimum bytes of a file that a second thread hashes: importing and starting it takes 3 ms."""

CHUNK = 1 << 22
"""Bytes that are read, hashed and checked at a time: few enough for the processor's cache."""

ALIGNMENT = 64
"""Alignment of the first tensor in memory, in bytes: a cache line, and a register of AVX-512."""


class HashedContent(NamedTuple):
    """The content of a file.

    Attributes:
        content: all bytes; a memoryview is writable, and its tensors are aligned.
        sha256: checksum of the content.
        finite: whether all 4-byte words after the header are finite as float32 numbers; False also
            if they were not checked.
    """

    content: bytes | memoryview
    sha256: str
    finite: bool


def read_hashed(file: FileIO, start: bytes, size: int) -> HashedContent:
    """Return the content of a file, with its sha256.

    The hash is that of the returned bytes, whatever happens to the file meanwhile.

    Args:
        file: the file, unbuffered and opened for reading.
        start: its first 8 bytes, which have been read: the length of the header.
        size: number of its bytes. A large file is read to this position even if it grew since.
    """
    if size >= LARGE:
        return _read_large(file, start, size)
    file.seek(0)
    content = file.readall()
    return HashedContent(content, hashlib.sha256(content).hexdigest(), finite=False)


def _read_large(file: FileIO, start: bytes, size: int) -> HashedContent:
    from concurrent.futures import ThreadPoolExecutor  # small files do not need it

    data = 8 + int.from_bytes(start, "little")
    content = _allocate(size, data)
    # Not read again, because the position of the tensors and the content must be of one moment.
    content[: len(start)] = start
    length, finite, sha256, tasks = len(start), True, hashlib.sha256(start), []
    # sha256 is sequential, and slower than everything else here, so that it determines the time:
    # one thread only hashes, this one reads ahead. Both release the GIL.
    with ThreadPoolExecutor(1) as pool:
        try:
            for begin, end in pairwise((length, *range(min(data, size), size, CHUNK), size)):
                chunk = content[begin : begin + _read_into(file, content[begin:end])]
                tasks.append(pool.submit(sha256.update, chunk))
                finite = finite and (begin < data or _is_finite(chunk))
                length += len(chunk)
                if length < end:  # the file was truncated meanwhile
                    break
            for task in tasks:
                task.result()
        except BaseException:  # also Ctrl-C, which must not wait for the hash of the rest
            pool.shutdown(cancel_futures=True)
            raise
    return HashedContent(content[:length], sha256.hexdigest(), finite)


def _allocate(size: int, data: int) -> memoryview:
    """Return uninitialized memory with a multiple of `ALIGNMENT` as the address of byte `data`."""
    memory = np.empty(size + ALIGNMENT, np.uint8)
    address: int = memory.__array_interface__["data"][0]  # `memory.ctypes` would import ctypes
    skipped = -(address + data) % ALIGNMENT
    return memory.data[skipped : skipped + size]


def _read_into(file: FileIO, target: memoryview) -> int:
    """Fill memory from a file, and return the number of bytes: fewer only at the file's end."""
    length = 0
    while length < len(target) and (count := file.readinto(target[length:])):
        length += count
    return length


def _is_finite(chunk: memoryview) -> bool:
    words = np.ndarray(len(chunk) // 4, np.float32, chunk)
    return bool(np.isfinite(words).all())
