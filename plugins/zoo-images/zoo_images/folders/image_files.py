"""Image files in folders, those that are left out, and their order."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import DataError, Reason, is_ignored, is_plain_image, reason_against
from zoo_images.class_names import check_text
from zoo_images.local.local_files import LocalFile, facts_of

HIDDEN = "hidden, or added by a system"
NO_CLASS = "not in the folder of a class"
NO_SPLIT = "in a folder that is not a split"
"""Reasons for which a file is left out, in addition to those of the core."""

_NUMBER = re.compile("([0-9]+)")

Classes = Mapping[str, Sequence[LocalFile]]
"""Files by the name of their class."""


class Folder:
    """A folder in a tree of images, which is listed at most once.

    Args:
        path: path of the folder.
        key: its path below the root of the tree, with a ``/`` at the end; empty for the root.

    Attributes:
        path: path of the folder.

    Accessing the other attributes raises a `DataError` if the folder cannot be read, or has a name
    that is not UTF-8.
    """

    def __init__(self, path: str, key: str = "") -> None:
        self.path, self._key = path, key

    @property
    def folders(self) -> Mapping[str, Folder]:
        """Folders in the folder by name, with links to folders, without hidden ones."""
        return self._listing.folders

    @property
    def images(self) -> Sequence[LocalFile]:
        """Images directly in the folder."""
        return self._listing.images

    @property
    def left_out(self) -> Counter[str]:
        """Numbers of the other entries by the reason why they are left out."""
        return self._listing.left_out

    def find_images(self, left_out: Counter[str]) -> list[LocalFile]:
        """Return the images in the folder and its sub-folders.

        Args:
            left_out: counter, to which the files that are left out are added.
        """
        found: list[LocalFile] = []
        waiting = [self]
        while waiting:
            listing = waiting.pop()._listing
            found += listing.images
            left_out += listing.left_out
            # Links to folders are not followed, because they may lead in a circle.
            left_out[Reason.LINKED_FOLDER.value] += len(listing.linked)
            for name, folder in listing.folders.items():
                if name not in listing.linked:
                    check_text(name, f"the name of the folder {folder.path}", control=True)
                    waiting.append(folder)
        return found

    @cached_property
    def _listing(self) -> _Listing:
        found, key = _Listing({}, set(), [], Counter()), self._key
        for entry in self._entries():
            name = entry.name
            if is_plain_image(entry):  # first, because almost every entry is one
                found.images.append(self._file(entry))
            elif is_ignored(name):
                found.left_out[HIDDEN] += 1
            elif _is_folder(entry):
                found.folders[name] = Folder(entry.path, f"{key}{name}/")
                if entry.is_symlink():
                    found.linked.add(name)
            elif reason := reason_against(entry):
                found.left_out[reason.value] += 1
            else:
                found.images.append(self._file(entry))
        return found

    def _file(self, entry: os.DirEntry[str]) -> LocalFile:
        if not entry.name.isprintable():
            check_text(entry.name, f"the name of a file in {self.path}", control=True)
        return LocalFile(self._key + entry.name, entry.path, _facts(entry))

    def _entries(self) -> list[os.DirEntry[str]]:
        try:
            # os.scandir instead of Path.iterdir: entries have their type without more system calls.
            with os.scandir(self.path) as entries:
                return sorted(entries, key=attrgetter("name"))
        except OSError as exc:
            raise DataError(f"folder {self.path} cannot be read: {exc.strerror}") from exc


class _Listing(NamedTuple):
    folders: dict[str, Folder]
    linked: set[str]
    images: list[LocalFile]
    left_out: Counter[str]


def in_order(classes: Classes, names: Sequence[str]) -> tuple[list[LocalFile], NDArray[np.int64]]:
    """Return files in an order that mixes the classes, and the label of each, ``(N,)``.

    They are sorted by file name, then by class. Numbers in names are compared as numbers.

    Args:
        classes: files of each class.
        names: names of the classes, in the order of their labels.
    """
    # By name first, because files that are numbered across classes then have the order of the data
    # set that they were exported from, and training on them gives the same weights.
    rows = [(label, file) for label, name in enumerate(names) for file in classes.get(name, ())]
    rows.sort(key=lambda row: (_natural(row[1].key), row[0], row[1].key))
    return [file for _, file in rows], np.array([label for label, _ in rows], np.int64)


def are_numbered(files: Iterable[LocalFile]) -> bool:
    """Return whether the names of files are the numbers from 0, as of an exported data set."""
    stems = [file.key.rpartition("/")[2].rpartition(".")[0] for file in files]
    if not all(stem.isascii() and stem.isdigit() for stem in stems):
        return False
    return sorted(map(int, stems)) == list(range(len(stems)))


def _natural(key: str) -> list[str | int]:
    """Return the sort key of a file name: text and numbers alternate."""
    # re.split with a group returns text at even and digits at odd positions, so that a number is
    # never compared with a text.
    parts: list[str | int] = [*_NUMBER.split(key.rpartition("/")[2])]
    parts[1::2] = map(int, parts[1::2])
    return parts


def _facts(entry: os.DirEntry[str]) -> str:
    try:
        return facts_of(entry.stat())
    except OSError:  # a broken link, which is reported when it is decoded
        return ""


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
