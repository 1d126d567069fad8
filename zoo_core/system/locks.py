"""Locks between processes: advisory ones that avoid duplicate work, and that of a folder."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from zoo_core.system.paths import zoo_home
from zoo_core.text import printable


@contextlib.contextmanager
def process_lock(name: str) -> Iterator[None]:
    """Hold the lock of a name during the block, if it can be acquired within 10 minutes."""
    # Deferred, because a cached file is loaded without a lock.
    from filelock import FileLock, Timeout

    locks = Path(zoo_home()) / "locks"
    lock = FileLock(locks / f"{name}.lock", timeout=600)
    try:
        locks.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    # Some network file systems have no locks; work that is done twice is better than none.
    except (OSError, NotImplementedError, Timeout):
        yield
        return
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def folder_lock(file: Path) -> Iterator[str | None]:
    """Hold the lock of a file during the block, if no other process holds it.

    The operating system releases it when the process ends, also if that is killed.

    Args:
        file: file of the lock, which is created and remains, empty, because removing it while
            another process waits would let two processes hold locks of the same name.

    Yields:
        None if the lock is held; else the process that holds it, in words, or a question mark.

    Raises:
        OSError: the file system has no locks, or the file cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except NotImplementedError as exc:
        raise OSError("the file system has no locks") from exc
    except Timeout:
        yield _holder(file)
        return
    try:
        # In place, because another file of this name would be another lock.
        with contextlib.suppress(OSError):  # Windows locks the content, too
            file.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        yield None
    finally:
        with contextlib.suppress(OSError):
            file.write_text("", encoding="utf-8")
        lock.release()


def is_locked(file: Path) -> bool:
    """Return whether another process holds the lock of a file (`folder_lock`)."""
    try:
        # A lock that is free is empty, unless its process was killed. It is acquired in that case
        # only, because a training that starts at this moment would be refused.
        if not file.read_bytes():
            return False
    except PermissionError:  # on Windows, which locks the content, too
        return True
    except OSError:
        return False
    from filelock import FileLock, Timeout

    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    except (OSError, NotImplementedError):
        return False
    lock.release()
    return False


def _holder(file: Path) -> str:
    try:
        return printable(file.read_text(encoding="utf-8", errors="replace"))[:200] or "?"
    except OSError:
        return "?"
