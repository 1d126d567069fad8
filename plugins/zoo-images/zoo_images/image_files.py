"""The image files in folders, and the order that they are taken in."""

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
"""How the names of image files end."""

_NUMBER = re.compile("([0-9]+)")


class File(NamedTuple):
    """An image file.

    Attributes:
        path: to open it.
        inside: the same from its class's folder on.
        size: in bytes.
        modified: when it was, in nanoseconds.
    """

    path: str
    inside: str
    size: int
    modified: int


Classes = Mapping[str, Sequence[File]]
"""The files of each class."""


def sub_folders(folder: Path) -> dict[str, Path]:
    """Return the folders in a folder by name, links to folders among them, but none hidden."""
    entries = sorted(_entries(folder), key=lambda entry: entry.name)
    return {entry.name: Path(entry.path) for entry in entries if _is_folder(entry)}


def has_images(folder: Path) -> bool:
    """Say whether there are images in a folder itself."""
    return any(map(_is_image, _entries(folder)))


def find_files(folder: Path | str, inside: str = "") -> Iterator[File]:
    """Yield the images in a folder and in the folders there; links to those are not followed.

    Args:
        folder: where to look.
        inside: its path from the class's folder on, with a ``/`` at its end.

    Raises:
        DataError: a folder cannot be read.
    """
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from find_files(entry.path, f"{inside}{entry.name}/")
        elif _is_image(entry):
            try:
                status = entry.stat()
                stamp = status.st_size, status.st_mtime_ns
            except OSError:  # a link to nowhere, which is named when it is to be read
                stamp = 0, 0
            yield File(entry.path, inside + entry.name, *stamp)


def in_order(classes: Classes, names: Sequence[str]) -> tuple[list[File], NDArray[np.int64]]:
    """Return files in an order that does not keep classes apart, and the label of each, ``(N,)``.

    That is by file name, then by class. Numbers in names count as numbers, so that files that are
    numbered throughout come in the order of their numbers.

    Args:
        classes: the files of each class.
        names: of the classes, in the order of their labels.
    """
    rows = [(label, file) for label, name in enumerate(names) for file in classes.get(name, ())]
    rows.sort(key=lambda row: (_natural(row[1].inside), row[0], row[1].inside))
    return [file for _, file in rows], np.array([label for label, _ in rows], np.int64)


def _natural(inside: str) -> list[str | int]:
    """Return the name of a file in parts: text and number in turn."""
    parts: list[str | int] = [*_NUMBER.split(inside.rpartition("/")[2])]
    parts[1::2] = map(int, parts[1::2])
    return parts


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as exc:
        raise DataError(f"folder {folder} cannot be read: {exc.strerror}") from exc


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False


def _is_image(entry: os.DirEntry[str]) -> bool:
    return os.path.splitext(entry.name)[1].lower() in SUFFIXES  # noqa: PTH122 (100,000 names)
