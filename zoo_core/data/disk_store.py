"""The disk store of data sets: written once, then loaded or memory-mapped.

A data set that has to be downloaded, unpacked or decoded is stored under ``$ZOO_HOME/datasets`` as
two ``.npy`` files per split, and ``dataset.json`` with classes, statistics and a checksum.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset, Split, iter_chunks
from zoo_core.errors import DataError
from zoo_core.system.atomic_files import new_folder
from zoo_core.system.locks import process_lock
from zoo_core.system.memory import available_memory
from zoo_core.system.paths import zoo_home

FORMAT = 1

DESCRIPTION = "dataset.json"

MAX_MEMORY_SHARE = 0.5
"""Maximum share of the available memory for a data set; a training needs the rest."""


@dataclass(frozen=True)
class DatasetContent:
    """The content of a new data set, in parts, so that it may be larger than memory.

    Attributes:
        splits: number of images, and the parts, per split; at least ``train`` and ``test``.
        shape: channels, height and width of an image.
        classes: class names per head.
    """

    splits: Mapping[str, tuple[int, Iterable[Split]]]
    shape: tuple[int, int, int]
    classes: tuple[tuple[str, ...], ...]


def load_or_create(name: str, key: str, make: Callable[[], DatasetContent]) -> ArrayDataset:
    """Return a stored data set; create it first if it is missing or damaged.

    Images that do not fit into memory are memory-mapped.

    Args:
        name: name of the data set, for people who look at the folder.
        key: identifier of the content, of letters and digits.
        make: function that returns the content; nothing is stored if it or a part of it fails.

    Raises:
        DataError: creating or storing it failed.
    """
    folder = Path(zoo_home(), "datasets", f"{name}-{key}")
    if (dataset := _read(folder)) is not None:
        return dataset
    # The lock avoids duplicate downloads; correctness does not depend on it.
    with process_lock(f"dataset-{name}-{key}"):
        if (dataset := _read(folder)) is not None:
            return dataset  # another process created it meanwhile
        try:
            # Renamed when it is complete, so that no process reads a partial data set.
            with new_folder(folder) as new:
                _write(new, make())
        except OSError as exc:
            raise DataError(
                f"cannot store dataset {name!r} in {folder}: {exc.strerror}",
                hint="Free some space, or set ZOO_HOME to another folder.",
            ) from exc
    dataset = _read(folder)
    assert dataset is not None
    return dataset


def pixel_statistics(images: NDArray[np.uint8]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of the pixels per channel, from 0 to 1.

    Args:
        images: uint8 ``(N, C, H, W)``.
    """
    # From integer counts of the 256 levels, because they are exact: the result depends neither on
    # the order of the images nor on the size of the chunks, unlike a running sum of floats.
    counts = np.zeros((images.shape[1], 256), np.int64)
    for part in iter_chunks(images):
        for channel, pixels in enumerate(part.swapaxes(0, 1)):
            counts[channel] += np.bincount(pixels.ravel(), minlength=256)
    levels = np.arange(256) / 255
    shares = counts / counts.sum(axis=1, keepdims=True)
    means = shares @ levels
    deviations = np.sqrt((shares * (levels - means[:, np.newaxis]) ** 2).sum(axis=1))
    return tuple(map(float, means)), tuple(map(float, deviations))


def _write(folder: Path, content: DatasetContent) -> None:
    for name, (size, images) in content.splits.items():
        _write_split(folder, name, size, images, content)
    # Read back from the files: the checksum is then that of the stored bytes.
    splits = {name: _read_split(folder, name, fits=False) for name in content.splits}
    mean, std = pixel_statistics(splits["train"].images)
    facts = {
        "format": FORMAT,
        "classes": content.classes,
        "splits": list(splits),
        "mean": mean,
        "std": std,
        "sha256": ArrayDataset(splits, content.classes, mean, std).sha256(),
    }
    (folder / DESCRIPTION).write_text(json.dumps(facts), encoding="utf-8")


def _write_split(
    folder: Path, name: str, size: int, given: Iterable[Split], content: DatasetContent
) -> None:
    images = open_memmap(
        folder / f"{name}-images.npy", mode="w+", dtype=np.uint8, shape=(size, *content.shape)
    )
    labels = np.empty((size, len(content.classes)), np.int64)
    filled = 0
    for part in given:
        end = filled + len(part)
        if end > size or part.images.shape[1:] != content.shape:
            raise DataError(
                f"wrong content of split {name!r}: expected {size:,} images {content.shape}, "
                f"got images {filled} to {end - 1} of {part.images.shape[1:]}"
            )
        images[filled:end], labels[filled:end] = part.images, part.labels
        filled = end
    if filled != size:
        raise DataError(
            f"wrong content of split {name!r}: expected {size:,} images, got {filled:,}"
        )
    images.flush()  # reports I/O errors, which dropping the map would not
    np.save(folder / f"{name}-labels.npy", labels)


def _read(folder: Path) -> ArrayDataset | None:
    """Return the data set in a folder; None if it is missing, damaged or in another format."""
    try:
        facts = json.loads((folder / DESCRIPTION).read_bytes())
        if facts["format"] != FORMAT:
            return None
        files = [folder / f"{name}-images.npy" for name in facts["splits"]]
        fits = sum(file.stat().st_size for file in files) <= MAX_MEMORY_SHARE * available_memory()
        dataset = ArrayDataset(
            splits={name: _read_split(folder, name, fits=fits) for name in facts["splits"]},
            classes=tuple(map(tuple, facts["classes"])),
            mean=tuple(facts["mean"]),
            std=tuple(facts["std"]),
        )
        # Hashed on every load, because a disk may damage what was correct when it was written.
        return dataset if dataset.sha256() == facts["sha256"] else None
    except (OSError, ValueError, KeyError, TypeError, DataError):
        return None


def _read_split(folder: Path, name: str, *, fits: bool) -> Split:
    labels = np.load(folder / f"{name}-labels.npy")
    path = folder / f"{name}-images.npy"
    if fits:
        return Split(np.load(path), labels)
    images = np.load(path, mmap_mode="r")
    # A plain array over the same map, because every slice of a memmap costs Python time.
    return Split(np.asarray(images), labels, ahead=_Prefetch(images))


class _Prefetch:
    """Prefetch of memory-mapped images by the kernel, in the background.

    Args:
        images: memory-mapped uint8 ``(N, C, H, W)``.
    """

    def __init__(self, images: np.memmap[Any, Any]) -> None:
        self._map: mmap.mmap = images._mmap  # type: ignore[attr-defined]
        self._begin, self._size = images.offset, images[0].nbytes
        self._is_random = False

    def __call__(self, rows: NDArray[np.int64]) -> None:
        if not hasattr(mmap, "MADV_WILLNEED"):
            return  # this system has no madvise, such as Windows
        if not self._is_random:
            # Only now, because hashing the file read it in order, with the kernel's readahead. In
            # random order, readahead would read 128 KiB around each image, most of it for nothing.
            self._map.madvise(mmap.MADV_RANDOM)
            self._is_random = True
        for row in rows.tolist():
            start = self._begin + row * self._size
            page = start - start % mmap.PAGESIZE  # madvise requires the start of a page
            self._map.madvise(mmap.MADV_WILLNEED, page, start + self._size - page)
