"""Threads that work a little ahead of what is used.

Pillow decodes without Python's lock, so they do as well as processes would.
"""

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
"""Parts that are made, or being made, for each thread."""


def map_chunks(
    pictures: Pictures, work: Callable[[Sequence[Picture]], T], size: int
) -> Iterator[tuple[NDArray[np.int64], T]]:
    """Yield the rows of each part of some images, in order, and what was made of those.

    Args:
        pictures: the images.
        work: makes something of some of them, in a thread.
        size: how many a part has.
    """
    threads = physical_cores()
    rows = np.arange(len(pictures))
    parts = (rows[start : start + size] for start in range(0, len(rows), size))
    begun: deque[tuple[NDArray[np.int64], Future[T]]] = deque()
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
        pool.shutdown(cancel_futures=True)
