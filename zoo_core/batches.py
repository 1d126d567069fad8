"""Many image files, in batches that are read ahead while others are predicted."""

from __future__ import annotations

import io
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_core.errors import DataError
from zoo_core.images import Reader, read_image

STDIN = Path("-")
"""Stands for an image that comes through standard input."""

BATCH = 256
"""Files of a batch: enough to keep a model busy, few enough that the first answers come soon."""
READERS = 2
"""Batches that are read at the same time; decoders let go of Python's lock for large images."""


@dataclass(frozen=True)
class FileBatch:
    """Some files.

    Attributes:
        files: those that could be read.
        images: uint8 ``(N, C, H, W)``, as the model reads them.
        faults: what is wrong with each of the others.
    """

    files: tuple[Path, ...]
    images: NDArray[np.uint8]
    faults: tuple[DataError, ...]

    def __len__(self) -> int:
        return len(self.files) + len(self.faults)


def find_images(path: Path) -> list[Path]:
    """Return a file, or the images in a folder and in all folders there, sorted.

    Raises:
        DataError: there is no image in the folder.
    """
    if not path.is_dir():
        return [path]
    known = Image.registered_extensions()
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in known)
    if not found:
        raise DataError(
            f"there is no image in the folder {path}",
            hint="Files with names such as digit.png count.",
        )
    return found


def read_batches(
    files: Sequence[Path], reader: Reader, shape: tuple[int, int, int]
) -> Iterator[FileBatch]:
    """Yield files in batches, in their order.

    Args:
        files: images of any size; `STDIN` is read from standard input.
        reader: makes them images of `shape` (`zoo_core.images.reader_for`).
        shape: the model's channels, height and width.

    Raises:
        InvalidValueError: images do not have that many channels.
    """
    starts = iter(range(0, len(files), BATCH))
    with ThreadPoolExecutor(READERS) as pool:
        begun: deque[Future[FileBatch]] = deque()
        try:
            while True:
                while len(begun) <= READERS and (start := next(starts, None)) is not None:
                    some = files[start : start + BATCH]
                    begun.append(pool.submit(_read, some, reader, shape))
                if not begun:
                    return
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()


def _read(files: Sequence[Path], reader: Reader, shape: tuple[int, int, int]) -> FileBatch:
    good: list[Path] = []
    faults: list[DataError] = []
    images = np.empty((len(files), *shape), np.uint8)
    for path in files:
        file = io.BytesIO(sys.stdin.buffer.read()) if path == STDIN else path
        try:
            images[len(good)] = reader(read_image(file, shape[0], name="standard input"))
        except DataError as fault:
            faults.append(fault)
        else:
            good.append(path)
    return FileBatch(tuple(good), images[: len(good)], tuple(faults))
