"""Prefetch: threads that process chunks of images ahead of their use."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import physical_cores
from zoo_images.image_sources import Picture, Pictures

T = TypeVar("T")

AHEAD = 2
"""Maximum number of chunks per thread that are in progress or waiting to be used."""


def map_chunks(
    pictures: Pictures, work: Callable[[Sequence[Picture]], T], size: int
) -> Iterator[tuple[NDArray[np.int64], T]]:
    """Yield the rows of each chunk of images and the result for it, in order.

    Args:
        pictures: the images.
        work: function that processes a chunk, called in a thread.
        size: number of images per chunk.
    """
    # Threads instead of processes, because Pillow releases the GIL while it decodes, and results
    # need not be pickled.
    threads = physical_cores()
    rows = np.arange(len(pictures))
    parts = (rows[start : start + size] for start in range(0, len(rows), size))
    begun: deque[tuple[NDArray[np.int64], Future[T]]] = deque()
    # Not `Executor.map`, which submits every chunk at once: results would fill the memory if they
    # are used more slowly than they are made.
    pool = ThreadPoolExecutor(threads)
    try:
        while True:
            while len(begun) < AHEAD * threads and (part := next(parts, None)) is not None:
                begun.append((part, pool.submit(work, pictures.take(part))))
            if not begun:
                return
            part, made = begun.popleft()
            yield part, made.result()
    finally:
        # Also reached if the caller stops early; chunks that have not begun are dropped.
        pool.shutdown(cancel_futures=True)
