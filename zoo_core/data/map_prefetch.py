"""Prefetch of memory-mapped inputs by the kernel."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray


class MapPrefetch:
    """Prefetch of memory-mapped inputs by the kernel, in the background.

    Args:
        inputs: memory-mapped ``(N, …)``.
    """

    def __init__(self, inputs: np.memmap[Any, Any]) -> None:
        self._map: mmap.mmap = inputs._mmap  # type: ignore[attr-defined]
        self._begin, self._size = inputs.offset, inputs[0].nbytes
        self._is_random = False

    def __call__(self, rows: NDArray[np.int64]) -> None:
        if not hasattr(mmap, "MADV_WILLNEED"):
            return  # this system has no madvise, such as Windows
        if not self._is_random:
            # Only now, because hashing the file read it in order, with the kernel's readahead. In
            # random order, readahead would read 128 KiB around each input, most of it for nothing.
            self._map.madvise(mmap.MADV_RANDOM)
            self._is_random = True
        for row in rows.tolist():
            start = self._begin + row * self._size
            page = start - start % mmap.PAGESIZE  # madvise requires the start of a page
            self._map.madvise(mmap.MADV_WILLNEED, page, start + self._size - page)
