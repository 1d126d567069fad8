"""The rule for image files in folders, one for training and for prediction.

An image is a regular file, or a link to one, with one of `SUFFIXES`. Hidden files and folders, and
those that systems add, are ignored at any depth; links to folders are not followed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from zoo_core.data.images import heif
from zoo_core.errors import DataError

SUFFIXES = heif.SUFFIXES | {
    *(".apng", ".avif", ".avifs", ".bmp", ".dib", ".gif", ".j2c", ".j2k", ".jfif", ".jp2", ".jpc"),
    *(".jpe", ".jpeg", ".jpf", ".jpg", ".jpx", ".mpo", ".pbm", ".pcx", ".pfm", ".pgm", ".png"),
    *(".pnm", ".ppm", ".qoi", ".sgi", ".tga", ".tif", ".tiff", ".webp"),
}
"""Suffixes of image files, in lower case."""

_PLAIN_SUFFIXES = SUFFIXES - heif.SUFFIXES

_OF_SYSTEMS = frozenset(
    {
        *("__macosx", "@eadir", "#recycle", "#snapshot", "$recycle.bin", "lost+found"),
        *("system volume information", "thumbs.db", "ehthumbs.db", "desktop.ini"),
    }
)
"""Names of files and folders that systems add, in lower case."""


class Reason(StrEnum):
    """Reason for which a file is left out."""

    NOT_AN_IMAGE = "not an image by its suffix"
    LINKED_FOLDER = "a link to a folder"
    NOT_REGULAR = "not a regular file, such as a named pipe"
    NEEDS_HEIF = f"HEIC, which needs pillow-heif ({heif.INSTALL})"


class ImageFile(NamedTuple):
    """An image file.

    Attributes:
        path: its path.
        inside: its path relative to the folder that was searched, with ``/``.
        entry: its directory entry, whose `stat` is cached.
    """

    path: str
    inside: str
    entry: os.DirEntry[str]


class LeftOut(NamedTuple):
    """A file or folder that is left out, and the reason."""

    path: str
    reason: Reason


def find_images(
    folder: Path | str, left_out: Callable[[LeftOut], object] = lambda _: None
) -> Iterator[ImageFile]:
    """Yield the images in a folder and its sub-folders, in no order.

    Args:
        folder: the folder.
        left_out: function that is called with every file that is not ignored and not an image.

    Raises:
        DataError: a folder cannot be read.
    """
    yield from _walk(folder, "", left_out)


def visible_entries(folder: Path | str) -> list[os.DirEntry[str]]:
    """Return the entries of a folder, without hidden ones and those that systems add.

    Raises:
        DataError: the folder cannot be read.
    """
    try:
        # os.scandir instead of Path.iterdir: entries have their type without more system calls.
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not is_ignored(entry.name)]
    except OSError as exc:
        raise DataError(f"folder {folder} cannot be read: {exc.strerror}") from exc


def is_ignored(name: str) -> bool:
    """Return whether a file or folder is hidden, or added by a system, by its name."""
    return name.startswith(".") or name.lower() in _OF_SYSTEMS


def is_plain_image(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is an image, without the rare cases, by few operations."""
    # No name that systems add has the suffix of an image.
    name = entry.name
    return name[0] != "." and _suffix(name) in _PLAIN_SUFFIXES and _is_regular(entry)


def reason_against(entry: os.DirEntry[str]) -> Reason | None:
    """Return the reason why a file, which is not ignored, is not an image; None if it is one."""
    suffix = _suffix(entry.name)
    if suffix not in SUFFIXES:
        return Reason.LINKED_FOLDER if _is_linked_folder(entry) else Reason.NOT_AN_IMAGE
    if not _is_regular(entry) and (reason := _reason_against_special(entry)):
        return reason
    if suffix in heif.SUFFIXES and not heif.is_installed():
        return Reason.NEEDS_HEIF
    return None


def _is_regular(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False


def _reason_against_special(entry: os.DirEntry[str]) -> Reason | None:
    # A broken link counts as an image, so that reading it reports the missing file.
    if entry.is_symlink() and not os.path.exists(entry.path):  # noqa: PTH110
        return None
    return Reason.LINKED_FOLDER if _is_linked_folder(entry) else Reason.NOT_REGULAR


def _walk(
    folder: Path | str, inside: str, left_out: Callable[[LeftOut], object]
) -> Iterator[ImageFile]:
    for entry in visible_entries(folder):
        # Links to folders are not followed, because they may lead in a circle.
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{inside}{entry.name}/", left_out)
        elif reason := reason_against(entry):
            left_out(LeftOut(entry.path, reason))
        else:
            yield ImageFile(entry.path, inside + entry.name, entry)


def _is_linked_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and Path(entry.path).is_dir()


def _suffix(name: str) -> str:
    # Not os.path.splitext, which takes as long as all the rest for 100,000 files.
    return name[name.rfind(".") :].lower()
