"""Batches of image files, read ahead by processes where that is faster."""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_core.data.image_files import ImageReader, read_image
from zoo_core.errors import DataError
from zoo_core.system.cpu import physical_cores

STDIN = Path("-")
"""Stands for an image that comes through standard input."""

FIRST_BATCH = 64
"""Files that are read at first: few, to answer soon and to see how long the others will take."""
BATCH_SIZE = 1000
"""Files of a batch where they are read fast: many, so that models are called seldom."""
CHUNK_SIZE = 200
"""Files of a batch that another process reads."""
PREFETCH = 8
"""Batches that processes have read, or are to read, while one is predicted."""
MIN_SECONDS_FOR_PROCESSES = 2.0
"""Seconds of reading ahead of which processes are started."""


@dataclass(frozen=True)
class FileBatch:
    """Some files.

    Attributes:
        files: those that could be read.
        images: uint8 ``(N, C, H, W)``, as the model reads them.
        errors: what is wrong with each of the others.
    """

    files: tuple[Path, ...]
    images: NDArray[np.uint8]
    errors: tuple[DataError, ...]

    def __len__(self) -> int:
        return len(self.files) + len(self.errors)


def find_images(path: Path) -> list[Path]:
    """Return a file, or the images in a folder and in all folders there, sorted.

    Raises:
        DataError: there is no image in the folder.
    """
    if not path.is_dir():
        return [path]
    known = Image.registered_extensions()
    # Strings, of which thousands are sorted in no time.
    inside = (f"{at}/{name}" for at, _, names in os.walk(path) for name in names)
    found = sorted(f for f in inside if f[f.rfind(".") :].lower() in known)
    if not found:
        raise DataError(
            f"there is no image in the folder {path}",
            hint="Files with names such as digit.png count.",
        )
    return [Path(file) for file in found]


def read_batches(
    files: Sequence[Path], reader: ImageReader, shape: tuple[int, int, int]
) -> Iterator[FileBatch]:
    """Yield files in batches, in their order.

    Args:
        files: images of any size; `STDIN` is read from standard input.
        reader: makes them images of `shape` (`zoo_core.data.image_files.reader_for`).
        shape: the model's channels, height and width.

    Raises:
        InvalidValueError: images do not have that many channels.
    """
    began = time.perf_counter()
    first, rest = _read(files[:FIRST_BATCH], reader, shape), files[FIRST_BATCH:]
    # Taken before the batch is given away: what is done with it is no reading.
    expected = (time.perf_counter() - began) / FIRST_BATCH * len(rest)
    yield first
    if expected < MIN_SECONDS_FOR_PROCESSES or STDIN in rest:
        for start in range(0, len(rest), BATCH_SIZE):
            yield _read(rest[start : start + BATCH_SIZE], reader, shape)
    else:
        yield from _read_ahead(rest, reader, shape)


def _read_ahead(
    files: Sequence[Path], reader: ImageReader, shape: tuple[int, int, int]
) -> Iterator[FileBatch]:
    """Yield files in batches that processes read, some ahead of what is predicted.

    Threads would wait for one another: to arrange a photo takes many short steps.
    """
    parts = (files[start : start + CHUNK_SIZE] for start in range(0, len(files), CHUNK_SIZE))
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(physical_cores(), spawn, initializer=_init_worker)
    begun: deque[Future[FileBatch]] = deque()
    try:
        while True:
            while len(begun) < PREFETCH and (part := next(parts, None)):
                begun.append(pool.submit(_read, part, reader, shape))
            if not begun:
                return
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def silence_pillow_warnings() -> None:
    """Keep Pillow's warnings from the screen: a damaged file is named, or read all the same."""
    warnings.filterwarnings("ignore", module="PIL")


def _init_worker() -> None:
    """Leave Ctrl-C to the process that asked, end with it however it ends, and be as quiet."""
    silence_pillow_warnings()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _read(files: Sequence[Path], reader: ImageReader, shape: tuple[int, int, int]) -> FileBatch:
    good: list[Path] = []
    errors: list[DataError] = []
    images = np.empty((len(files), *shape), np.uint8)
    for path in files:
        file = io.BytesIO(sys.stdin.buffer.read()) if path == STDIN else path
        try:
            images[len(good)] = reader(read_image(file, shape[0], name="standard input"))
        except DataError as exc:
            errors.append(exc)
        else:
            good.append(path)
    return FileBatch(tuple(good), images[: len(good)], tuple(errors))
