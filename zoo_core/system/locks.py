"""Advisory inter-process locks, which avoid duplicate work; correctness does not depend on them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from zoo_core.system.paths import zoo_home


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
