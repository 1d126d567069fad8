"""Atomic file writes: a reader sees the old content or the new, never a part."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from io import BufferedRandom
from pathlib import Path

MAX_AGE = 86_400.0
"""Seconds after its last change when a temporary file counts as left over by a killed process."""

_MARK = ".tmp-"
"""Part of the names of temporary files and folders."""


def write_atomic(path: Path, content: bytes) -> None:
    """Replace `path` with `content`; see `atomic_writer`."""
    with atomic_writer(path) as file:
        file.write(content)


@contextlib.contextmanager
def atomic_writer(path: Path) -> Iterator[BufferedRandom]:
    """Open a temporary file for reading and writing, which replaces `path` after the block.

    Temporary files for the same path that are older than `MAX_AGE` are removed.

    Raises:
        OSError: the content could not be written; `path` is unchanged.
    """
    remove_stale_temporaries(path.parent, _prefix(path))
    # In the same folder, because a rename across file systems is not atomic.
    temporary = _temporary_path(path)
    try:
        with temporary.open("x+b") as file:
            yield file
            # Content before name: after a power failure the new name must not lead to empty blocks.
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)  # after closing, because Windows renames no open file
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Create a temporary folder, which replaces `path` after the block.

    Raises:
        OSError: the folder could not be created; `path` is unchanged.
    """
    with scratch_folder(path) as new:
        yield new
        sync_folder(new)
        # Unlike a file, a folder with content cannot be replaced in one rename.
        if path.exists():
            path.replace(new.with_name("old"))
        new.replace(path)
    sync_folder(path.parent)


@contextlib.contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Create an empty folder next to `path`, which is removed after the block.

    Temporary folders for the same path that are older than `MAX_AGE` are removed.

    Raises:
        OSError: the folder could not be created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_stale_temporaries(path.parent, _prefix(path))
    # Named before it is created, because a signal may arrive between the two.
    folder = _temporary_path(path)
    try:
        folder.mkdir(mode=0o700)
        new = folder / "new"  # leaves room for the old folder next to it
        new.mkdir()
        yield new
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale_temporaries(folder: Path, prefix: str = ".") -> int:
    """Remove the temporary files and folders in a folder that are older than `MAX_AGE`.

    Args:
        folder: existing folder.
        prefix: prefix of their names.

    Returns:
        Number of bytes that were freed.
    """
    # Age instead of locks, because Windows and many network file systems have no locks that end
    # with their process. A day is longer than any file is written without a change.
    oldest = time.time() - MAX_AGE
    freed = 0
    with os.scandir(folder) as entries:
        found = [Path(e.path) for e in entries if e.name.startswith(prefix) and _MARK in e.name]
    for path in found:
        with contextlib.suppress(OSError):  # another process may remove it at the same time
            stats = [each.lstat() for each in (path, *path.rglob("*"))]
            if max(stat.st_mtime for stat in stats) < oldest:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                freed += sum(stat.st_size for stat in stats)
    return freed


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power failure."""
    if sys.platform == "win32":  # it cannot open folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _temporary_path(path: Path) -> Path:
    return path.with_name(f"{_prefix(path)}{os.urandom(8).hex()}")


def _prefix(path: Path) -> str:
    return f".{path.name}{_MARK}"
