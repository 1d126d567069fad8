"""Atomic file writes: a reader sees the old content or the new, never a part."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from io import BufferedRandom, BufferedReader
from pathlib import Path

_MARK = ".tmp-"
"""What stands in the names of temporary files."""

_LOCK = "lock"
"""The file in a temporary folder that its writer locks."""


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
    _remove_stale_folders(path)
    while True:
        # Named before it is made, because a signal may come between the two.
        folder = path.with_name(f"{_prefix(path)}{os.urandom(8).hex()}")
        try:
            folder.mkdir(mode=0o700)
            lock = _lock_folder(folder)
            if lock:  # else another process took it for abandoned before it was locked
                with lock:
                    new = folder / "new"
                    new.mkdir()
                    yield new
                return
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_stale_folders(path: Path) -> None:
    """Remove the temporary folders for `path` whose writers were killed."""
    if sys.platform == "win32":  # it has no locks to show who lives
        return
    for folder in path.parent.glob(f"{_prefix(path)}*"):
        with contextlib.suppress(OSError):
            lock = _lock_folder(folder)
            if lock:
                with lock:  # held meanwhile, so that a writer that comes late sees it
                    shutil.rmtree(folder, ignore_errors=True)


def _lock_folder(folder: Path) -> BufferedRandom | None:
    """Return the open lock of a temporary folder, or None where another process has it.

    Raises:
        OSError: the lock can be neither opened nor made.
    """
    path = folder / _LOCK
    with contextlib.ExitStack() as opened:
        try:
            lock = opened.enter_context(path.open("a+b"))
            # A lock is worth nothing once somebody who had it before has removed the file.
            if _lock(lock) and os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                opened.pop_all()
                return lock
        except FileNotFoundError:
            pass
    return None


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
