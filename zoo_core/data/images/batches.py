"""Batches of image files, prefetched by worker processes if that is faster."""

from __future__ import annotations

import io
import os
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.images.folders import LeftOut, Reason, find_images
from zoo_core.data.images.processor import ImageProcessor
from zoo_core.data.images.reading import Box, Found
from zoo_core.errors import DataError

if TYPE_CHECKING:
    from concurrent.futures import Future

STDIN = Path("-")
"""Placeholder for an image from standard input."""

FIRST_BATCH = 64
"""Number of files in the first batch, which also estimates the time of the others."""
BATCH_SIZE = 1000
"""Number of files per batch without worker processes."""
CHUNK_SIZE = 200
"""Number of files per batch of a worker process."""
PREFETCH = 8
"""Maximum number of batches that are read or being read ahead."""
# Starting workers takes about a second, because each imports NumPy and Pillow.
MIN_SECONDS_FOR_PROCESSES = 2.0
"""Minimum expected seconds of reading for which worker processes are started."""


@dataclass(frozen=True)
class RefusedFile:
    """An image file without an input for the model.

    Attributes:
        file: the file.
        reason: reason, such as ``no writing found``.
        place: its number in the batch.
    """

    file: Path
    reason: str
    place: int


@dataclass(frozen=True)
class FileBatch:
    """A batch of image files, and the inputs that were found in them.

    Attributes:
        names: name of each input: its file, with a number if the file has several.
        images: uint8 ``(N, C, H, W)``, the inputs.
        files: file of each input.
        places: number of that file in the batch.
        boxes: boxes of each input in its image (`Found`).
        doubts: doubt about each input (`Found`).
        refused: files without an input.
        errors: one error per unreadable file.
    """

    names: tuple[str, ...]
    images: NDArray[np.uint8]
    files: tuple[Path, ...]
    places: tuple[int, ...]
    boxes: tuple[tuple[Box, ...], ...]
    doubts: tuple[str, ...]
    refused: tuple[RefusedFile, ...]
    errors: tuple[DataError, ...]

    def __len__(self) -> int:
        """Return the number of files, also of those without an input."""
        return len({*self.places}) + len(self.refused) + len(self.errors)


def find_files(path: Path) -> tuple[list[Path], list[DataError]]:
    """Return a file, or the images in a folder and its sub-folders, sorted; and errors.

    The errors are of files with an image's suffix that cannot be read, such as named pipes.

    Raises:
        DataError: a folder cannot be read, or contains no image.
    """
    if not path.is_dir():
        return [path], []
    left_out: list[LeftOut] = []
    # Strings instead of paths, because paths sort 15 times slower.
    found = sorted(image.path for image in find_images(path, left_out.append))
    errors = [
        DataError(f"{each.path} cannot be read: it is {each.reason}")
        for each in left_out
        if each.reason in (Reason.NOT_REGULAR, Reason.NEEDS_HEIF)
    ]
    if not found and not errors:
        raise DataError(
            f"no images in folder {path}",
            hint="Use file names with an image suffix, such as digit.png.",
        )
    return [Path(file) for file in found], errors


def read_batches(files: Sequence[Path], processor: ImageProcessor) -> Iterator[FileBatch]:
    """Yield files in batches, in their order.

    Args:
        files: images of any size; `STDIN` is standard input.
        processor: preparation of files as the model's inputs.

    Raises:
        InvalidValueError: the model's input is neither gray nor RGB.
    """
    if STDIN not in files[:1] and len(files) > FIRST_BATCH:
        # Read once more below: the first file imports decoders, which would count for all files.
        _read(files[:1], processor)
    began = time.perf_counter()
    first, rest = _read(files[:FIRST_BATCH], processor), files[FIRST_BATCH:]
    # Measured before `yield`, because the caller predicts the batch before it continues.
    expected = (time.perf_counter() - began) / FIRST_BATCH * len(rest)
    yield first
    # Standard input belongs to this process alone.
    if expected < MIN_SECONDS_FOR_PROCESSES or STDIN in rest:
        for start in range(0, len(rest), BATCH_SIZE):
            yield _read(rest[start : start + BATCH_SIZE], processor)
    else:
        yield from _read_ahead(rest, processor)


def _read_ahead(files: Sequence[Path], processor: ImageProcessor) -> Iterator[FileBatch]:
    """Yield files in batches that worker processes read ahead."""
    # Deferred, because importing them takes a tenth of the time of predicting one image.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    from zoo_core.system.cpu import physical_cores

    parts = (files[start : start + CHUNK_SIZE] for start in range(0, len(files), CHUNK_SIZE))
    # Processes instead of threads, because preparing a photo takes many short steps in Python,
    # which hold the global interpreter lock. Spawned, because a framework's threads do not survive
    # a fork.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(physical_cores(), spawn, initializer=_init_worker)
    # A deque of futures instead of `pool.map`, which would submit all files at once and keep every
    # finished batch in memory.
    begun: deque[Future[FileBatch]] = deque()
    try:
        while True:
            while len(begun) < PREFETCH and (part := next(parts, None)):
                begun.append(pool.submit(_read, part, processor))
            if not begun:
                return
            yield begun.popleft().result()
    finally:  # also if the caller stops early
        pool.shutdown(cancel_futures=True)


def silence_pillow_warnings() -> None:
    """Suppress Pillow's warnings, because every unreadable file has an error of its own."""
    warnings.filterwarnings("ignore", module="PIL")


def _init_worker() -> None:
    """Initialize a worker process, which must exit when its parent exits."""
    import signal

    silence_pillow_warnings()
    # The terminal sends Ctrl-C to all processes; the parent handles it and shuts the pool down.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A parent that was killed with SIGKILL cannot shut the pool down.
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    import multiprocessing  # imported already: this is one of its processes

    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)  # `sys.exit` would only end this thread


def _read(files: Sequence[Path], processor: ImageProcessor) -> FileBatch:
    found: list[tuple[str, int, Found]] = []
    refused: list[RefusedFile] = []
    errors: list[DataError] = []
    for place, path in enumerate(files):
        file = io.BytesIO(sys.stdin.buffer.read()) if path == STDIN else path
        try:
            reading = processor.find(file, name="standard input")
        except DataError as exc:
            errors.append(exc)
            continue
        if reading.refusal:
            refused.append(RefusedFile(path, reading.refusal, place))
        several = len(reading.found) > 1
        for number, each in enumerate(reading.found, 1):
            found.append((f"{path}, part {number}" if several else str(path), place, each))
    images = np.empty((len(found), *processor.shape), np.uint8)
    for row, (_, _, each) in enumerate(found):
        images[row] = each.image
    return FileBatch(
        names=tuple(name for name, _, _ in found),
        images=images,
        files=tuple(files[place] for _, place, _ in found),
        places=tuple(place for _, place, _ in found),
        boxes=tuple(each.boxes for _, _, each in found),
        doubts=tuple(each.doubt for _, _, each in found),
        refused=tuple(refused),
        errors=tuple(errors),
    )
