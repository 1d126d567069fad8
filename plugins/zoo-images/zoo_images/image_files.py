"""Image files in folders, and their order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import DataError

SUFFIXES = {
    *(".apng", ".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg"),
    *(".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"),
}
"""Suffixes of image files, in lower case."""

_NUMBER = re.compile("([0-9]+)")


class File(NamedTuple):
    """An image file.

    Attributes:
        path: path of the file.
        inside: path relative to the folder of its class.
        size: size in bytes.
        modified: time of modification, in nanoseconds.
    """

    path: str
    inside: str
    size: int
    modified: int


Classes = Mapping[str, Sequence[File]]
"""Files by the name of their class."""


def sub_folders(folder: Path) -> dict[str, Path]:
    """Return the folders in a folder by name, with links to folders, without hidden ones."""
    entries = sorted(_entries(folder), key=lambda entry: entry.name)
    return {entry.name: Path(entry.path) for entry in entries if _is_folder(entry)}


def has_images(folder: Path) -> bool:
    """Return whether a folder directly contains images."""
    return any(map(_is_image, _entries(folder)))


def find_files(folder: Path | str, inside: str = "") -> Iterator[File]:
    """Yield the images in a folder and its sub-folders.

    Args:
        folder: the folder.
        inside: its path relative to the folder of the class, with a ``/`` at the end.

    Raises:
        DataError: a folder cannot be read.
    """
    for entry in _entries(folder):
        # Links to folders are not followed, because they may lead in a circle.
        if entry.is_dir(follow_symlinks=False):
            yield from find_files(entry.path, f"{inside}{entry.name}/")
        elif _is_image(entry):
            try:
                status = entry.stat()
                stamp = status.st_size, status.st_mtime_ns
            except OSError:  # a broken link, which is reported when it is decoded
                stamp = 0, 0
            yield File(entry.path, inside + entry.name, *stamp)


def in_order(classes: Classes, names: Sequence[str]) -> tuple[list[File], NDArray[np.int64]]:
    """Return files in an order that mixes the classes, and the label of each, ``(N,)``.

    They are sorted by file name, then by class. Numbers in names are compared as numbers.

    Args:
        classes: files of each class.
        names: names of the classes, in the order of their labels.
    """
    # By name first, because files that are numbered across classes then have the order of the data
    # set that they were exported from, and training on them gives the same weights.
    rows = [(label, file) for label, name in enumerate(names) for file in classes.get(name, ())]
    rows.sort(key=lambda row: (_natural(row[1].inside), row[0], row[1].inside))
    return [file for _, file in rows], np.array([label for label, _ in rows], np.int64)


def _natural(inside: str) -> list[str | int]:
    """Return the sort key of a file name: text and numbers alternate."""
    # re.split with a group returns text at even and digits at odd positions, so that a number is
    # never compared with a text.
    parts: list[str | int] = [*_NUMBER.split(inside.rpartition("/")[2])]
    parts[1::2] = map(int, parts[1::2])
    return parts


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        # os.scandir instead of Path.iterdir: entries have their type without more system calls.
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as exc:
        raise DataError(f"folder {folder} cannot be read: {exc.strerror}") from exc


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_image(entry: os.DirEntry[str]) -> bool:
    return os.path.splitext(entry.name)[1].lower() in SUFFIXES  # noqa: PTH122 (100,000 names)
