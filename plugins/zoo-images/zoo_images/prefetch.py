"""Prefetch: threads that process chunks of images or files ahead of their use."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import physical_cores

if TYPE_CHECKING:
    from zoo_images.decoding.image_sources import Picture, Pictures

P = TypeVar("P")
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
    rows = np.arange(len(pictures))
    chunks = (rows[start : start + size] for start in range(0, len(rows), size))
    taken = ((some, pictures.take(some)) for some in chunks)
    return map_ahead(taken, lambda chunk: (chunk[0], work(chunk[1])))


def map_ahead(parts: Iterable[P], work: Callable[[P], T]) -> Iterator[T]:
    """Yield the result for each part, in order.

    Args:
        parts: the parts, which are iterated over as they are needed.
        work: function that processes a part, called in a thread.
    """
    # Threads instead of processes, because Pillow and hashlib release the GIL, and results need not
    # be pickled.
    threads, rest = physical_cores(), iter(parts)
    begun: deque[Future[T]] = deque()
    # Not `Executor.map`, which submits every part at once: results would fill the memory if they
    # are used more slowly than they are made.
    pool = ThreadPoolExecutor(threads)
    try:
        while True:
            while len(begun) < AHEAD * threads and (part := next(rest, None)) is not None:
                begun.append(pool.submit(work, part))
            if not begun:
                return
            yield begun.popleft().result()
    finally:
        # Also reached if the caller stops early; parts that have not begun are dropped.
        pool.shutdown(cancel_futures=True)
