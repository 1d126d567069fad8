"""Advisory inter-process locks; they avoid duplicate work, and correctness needs none of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from zoo_core.system.paths import zoo_home


@contextlib.contextmanager
def process_lock(name: str) -> Iterator[None]:
    """Hold a lock among processes, if one can be had."""
    from filelock import FileLock, Timeout

    locks = Path(zoo_home()) / "locks"
    lock = FileLock(locks / f"{name}.lock", timeout=600)
    try:
        locks.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except (OSError, NotImplementedError, Timeout):
        yield  # what is done twice is better than what is not done
        return
    try:
        yield
    finally:
        lock.release()
