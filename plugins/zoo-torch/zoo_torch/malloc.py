"""Settings of glibc's malloc that keep freed memory in the process."""

import ctypes
import sys

# Parameters of mallopt(3): free memory above the first threshold returns to the system; blocks
# above the second are memory-mapped, and unmapped when they are freed.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3

_LARGEST = 2**31 - 1  # mallopt accepts an int


def keep_freed_memory() -> None:
    """Let malloc reuse freed memory instead of returning it to the system, with glibc."""
    # Because a training allocates and frees the same few large blocks in every step. glibc returns
    # blocks of such sizes to the system, which fills them with zeros page by page when they are
    # allocated again: a quarter of a small network's step.
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)  # the C library of this process
    if hasattr(library, "mallopt"):  # musl, for example, has none
        library.mallopt(_MMAP_THRESHOLD, _LARGEST // 2)
        library.mallopt(_TRIM_THRESHOLD, _LARGEST)
