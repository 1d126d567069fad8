"""Settings of glibc's malloc, so that a training keeps the memory that it frees."""

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Of mallopt(3): from what size on free memory goes back to the system."""

_LARGEST = 2**31 - 1


def keep_freed_memory() -> None:
    """Let the process keep what it frees, where its C library is glibc.

    A training frees and asks for the same few large blocks at every step. glibc gives blocks of
    such sizes back to the system, which clears them page by page when they are asked for again:
    a quarter of a small network's step.
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_MMAP_THRESHOLD, _LARGEST // 2)
        library.mallopt(_TRIM_THRESHOLD, _LARGEST)
