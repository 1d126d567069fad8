"""The disk store of data sets: written once, then loaded or memory-mapped.

A data set that has to be fetched, unpacked or decoded is kept under ``$ZOO_HOME/datasets`` as
arrays: two ``.npy`` files a split, and ``dataset.json``, which says what they are. The folder gets
its name when all is in it.
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
"""Of the memory that is left: what a data set may take, for a training to have the rest."""


@dataclass(frozen=True)
class DatasetContent:
    """What a data set is made of, part by part, so that memory need not hold it.

    Attributes:
        splits: for each, ``train`` and ``test`` among them, how many images it has, and the images.
        shape: channels, height and width of an image.
        classes: for each head, the names of its classes.
    """

    splits: Mapping[str, tuple[int, Iterable[Split]]]
    shape: tuple[int, int, int]
    classes: tuple[tuple[str, ...], ...]


def load_or_create(name: str, key: str, make: Callable[[], DatasetContent]) -> ArrayDataset:
    """Return the data set that is kept under a name and a key; make it where it is not yet.

    What does not fit into memory is left in its files, and read when it is used.

    Args:
        name: of the data set, for people who look into the folder.
        key: what decides the content: letters and digits.
        make: gives the content; where anything fails in it, nothing is left behind.

    Raises:
        DataError: it cannot be made or kept.
    """
    folder = Path(zoo_home(), "datasets", f"{name}-{key}")
    if (dataset := _read(folder)) is not None:
        return dataset
    with process_lock(f"dataset-{name}-{key}"):  # one process makes it, the others wait for it
        if (dataset := _read(folder)) is not None:
            return dataset
        try:
            with new_folder(folder) as new:
                _write(new, make())
        except OSError as exc:
            raise DataError(
                f"dataset {name!r} cannot be kept in {folder}: {exc.strerror}",
                hint="Free some space, or name another folder with ZOO_HOME.",
            ) from exc
    dataset = _read(folder)
    assert dataset is not None
    return dataset


def pixel_statistics(images: NDArray[np.uint8]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of the pixels of each channel, from 0 to 1.

    They are made of exact counts, so that neither order nor size of the parts changes a digit.

    Args:
        images: uint8 ``(N, C, H, W)``.
    """
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
                f"split {name!r} is to have {size:,} images {content.shape}, "
                f"and gets images {filled} to {end - 1} of {part.images.shape[1:]}"
            )
        images[filled:end], labels[filled:end] = part.images, part.labels
        filled = end
    if filled != size:
        raise DataError(f"split {name!r} is to have {size:,} images, and gets {filled:,}")
    images.flush()
    np.save(folder / f"{name}-labels.npy", labels)


def _read(folder: Path) -> ArrayDataset | None:
    """Return what is kept in a folder; None where nothing is, or it is damaged."""
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
        return dataset if dataset.sha256() == facts["sha256"] else None
    except (OSError, ValueError, KeyError, TypeError, DataError):
        return None


def _read_split(folder: Path, name: str, *, fits: bool) -> Split:
    labels = np.load(folder / f"{name}-labels.npy")
    path = folder / f"{name}-images.npy"
    if fits:
        return Split(np.load(path), labels)
    images = np.load(path, mmap_mode="r")
    return Split(np.asarray(images), labels, ahead=_Prefetch(images))


class _Prefetch:
    """Has the kernel read images before they are used, beside the computing.

    Args:
        images: uint8 ``(N, C, H, W)``, mapped.
    """

    def __init__(self, images: np.memmap[Any, Any]) -> None:
        self._map: mmap.mmap = images._mmap  # type: ignore[attr-defined]
        self._begin, self._size = images.offset, images[0].nbytes
        self._is_random = False

    def __call__(self, rows: NDArray[np.int64]) -> None:
        if not hasattr(mmap, "MADV_WILLNEED"):
            return
        if not self._is_random:
            # From now on images are read in any order. Where one is missed after all, the kernel
            # would read 128 KiB around it, which is many times what is wanted.
            self._map.madvise(mmap.MADV_RANDOM)
            self._is_random = True
        for row in rows.tolist():
            start = self._begin + row * self._size
            page = start - start % mmap.PAGESIZE
            self._map.madvise(mmap.MADV_WILLNEED, page, start + self._size - page)
