"""Atomic file writes: a reader sees the old content or the new, never a part."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from io import BufferedRandom, BufferedReader
from pathlib import Path

_MARK = ".tmp-"
"""What stands in the names of temporary files."""

_LOCK = "lock"
"""The file in a temporary folder that its writer locks."""

_MIN_AGE = 10
"""Seconds within which a temporary folder may not have been locked yet."""


def write_atomic(path: Path, content: bytes) -> None:
    """Replace `path` with `content`; see `atomic_writer`."""
    with atomic_writer(path) as file:
        file.write(content)


@contextlib.contextmanager
def atomic_writer(path: Path) -> Iterator[BufferedRandom]:
    """Give a new file to write, which takes the place of `path` once the block is done.

    It is a temporary file in the same folder: fsync, rename, fsync of the folder. Those that killed
    processes left behind for the same path are removed.

    Raises:
        OSError: the content could not be written; `path` is as it was, and nothing is left over.
    """
    remove_stale_temporaries(path.parent, _prefix(path))
    file, temporary = _open_temporary(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if sys.platform == "win32":
                file.close()  # Windows renames no open file, and has no locks to give up
            temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a new folder to fill, which takes the place of `path` once the block is done.

    Those that killed processes left behind for the same path are removed.

    Raises:
        OSError: it could not be made; `path` is as it was, and nothing is left over.
    """
    with scratch_folder(path) as new:
        yield new
        sync_folder(new)
        if path.exists():
            path.replace(new.with_name("old"))
        new.replace(path)
    sync_folder(path.parent)


@contextlib.contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside `path`, which is gone once the block is done, whatever happens.

    Those that killed processes left behind for the same path are removed.

    Raises:
        OSError: it could not be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in path.parent.glob(f"{_prefix(path)}*"):
        if folder.is_dir() and not _in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)
    # The lock lies in it, so that whoever finds the folder finds it locked or about to be.
    folder = Path(tempfile.mkdtemp(prefix=_prefix(path), dir=path.parent))
    try:
        with (folder / _LOCK).open("x+b") as lock:
            _lock(lock)
            new = folder / "new"
            new.mkdir()
            yield new
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    """Say whether the writer of a temporary folder lives, as far as that can be seen."""
    try:
        with (folder / _LOCK).open("rb") as lock:
            return sys.platform == "win32" or not _lock(lock)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime < _MIN_AGE
    except OSError:
        return True


def remove_stale_temporaries(folder: Path, prefix: str = ".") -> int:
    """Remove the temporary files in a folder whose writers were killed.

    Each is locked while its writer lives, and a lock ends with its process. On Windows, which has
    no such locks, nothing is removed.

    Args:
        folder: it must exist.
        prefix: that their names begin with.

    Returns:
        How many bytes that frees.
    """
    if sys.platform == "win32":
        return 0
    freed = 0
    with os.scandir(folder) as entries:
        left = [e.path for e in entries if e.name.startswith(prefix) and _MARK in e.name]
    for name in left:
        with contextlib.suppress(OSError), open(name, "rb") as file:  # noqa: PTH123
            if _lock(file):
                freed += os.fstat(file.fileno()).st_size
                os.unlink(name)  # noqa: PTH108
    return freed


def sync_folder(folder: Path) -> None:
    """Make a rename durable. Windows has no such call for folders."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_temporary(path: Path) -> tuple[BufferedRandom, Path]:
    """Open a new file beside `path`, locked for as long as it is open."""
    while True:
        temporary = path.with_name(f"{_prefix(path)}{os.urandom(8).hex()}")
        file = temporary.open("x+b")
        if _lock(file) and temporary.exists():
            return file, temporary
        file.close()  # another writer took it for abandoned before it was locked


def _prefix(path: Path) -> str:
    return f".{path.name}{_MARK}"


def _lock(file: BufferedRandom | BufferedReader) -> bool:
    """Lock a file if nobody else has."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
