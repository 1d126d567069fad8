"""The plugin index: a cache on disk of what plugins offer, so that `zoo list` loads no plugin.

The index is written after the plugins were loaded. It is valid while the interpreter, zoo-core, the
user's selection of plugins, every folder of ``sys.path`` and every source file of the specs are
unchanged. A missing, damaged or stale index is rebuilt; if its folder is not writable, there is
simply no cache.
"""

from __future__ import annotations

import json
import os
import sys
import time
import zlib

from zoo_core.system.environment import is_set
from zoo_core.system.paths import zoo_home
from zoo_core.version import __version__

# `json` and `zlib` only: no pathlib, dataclasses or typing. The bar of `zoo list` is 4 times the
# CPU time of `python -c pass`; it takes 3.8 times, and `import pathlib` alone adds 0.4 times.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from zoo_core.plugins.rows import Rows

SCHEMA = 8
"""Version of the rows; a changed field of a spec needs a new one."""

MAX_INDEXES = 16
"""Maximum number of indexes, of which the newest are kept."""

TICK = 10_000_000
"""Nanoseconds of a file system's clock tick: two changes within it may have equal times."""


class Stamp:
    """A snapshot of everything that the index depends on, taken before any of it is read.

    Args:
        paths: folders and files that decide which plugins are installed.
    """

    # Taken first, because a change during loading must make the index stale.
    def __init__(self, paths: Iterable[str]) -> None:
        self.began = time.time_ns()
        self.key = _key()  # before plugins are imported, which may change `sys.path`
        self.stamps = _stamps(paths)


def clear_index() -> None:
    """Remove every index; the next command rebuilds its own."""
    from pathlib import Path

    for path in Path(zoo_home(), "index").glob("*.json"):
        path.unlink(missing_ok=True)


def _key() -> list[Any]:
    """Return everything but files that decides which plugins are loaded."""
    allowed = os.environ.get("ZOO_PLUGINS")
    return [SCHEMA, __version__, sys.version, sys.prefix, list(sys.path), allowed]


def _path(key: list[Any]) -> str:
    # One file per environment. CRC-32, because hashlib is slower to import; in a collision, the key
    # inside the file differs and the index is rebuilt.
    checksum = zlib.crc32(json.dumps(key).encode())
    return f"{zoo_home()}/index/{checksum:08x}.json"


def _stamps(paths: Any) -> list[list[Any]]:
    return [[path, *_stamp(path)] for path in dict.fromkeys(paths)]


def _stamp(path: str) -> tuple[int, int]:
    """Return modification time in nanoseconds and size; zeros for a missing file."""
    # pip changes the time of `site-packages` when it adds or removes a distribution.
    try:
        status = os.stat(path or ".")  # noqa: PTH116 (no pathlib here)
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _mtime(path: Any) -> int:
    return _stamp(str(path))[0]


def _checksum(content: bytes) -> bytes:
    """Return the first line of an index file; the second line is the index."""
    return b"%d" % zlib.crc32(content)


def read_rows() -> Rows | None:
    """Return the rows of the index; None if it is missing, stale or damaged."""
    if is_set("ZOO_NO_CACHE"):
        return None
    key = _key()
    try:
        with open(_path(key), "rb") as file:  # noqa: PTH123
            checksum, _, content = file.read().partition(b"\n")
        # Valid JSON is not enough: a flipped bit in a name would still parse.
        if checksum != _checksum(content):
            return None
        index = json.loads(content)
        if index["key"] != key:
            return None
        if any((mtime, size) != _stamp(path) for path, mtime, size in index["stamps"]):
            return None
        rows: Rows = index["rows"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return rows


def write_rows(rows: Rows, stamp: Stamp, files: Iterable[str]) -> None:
    """Write the rows of a catalog to the index.

    Args:
        rows: rows of the catalog.
        stamp: snapshot from before the plugins were loaded.
        files: the source files that the specs came from.
    """
    stamps = stamp.stamps + _stamps(files)
    # No index if a file has changed since just before the snapshot, because it may have been read
    # before the change, or may be changed again within the same tick, with an equal stamp. Times in
    # the future do not count, or a wrong clock would prevent every index.
    if any(stamp.began - TICK <= mtime <= time.time_ns() for _, mtime, _ in stamps):
        return
    _write({"key": stamp.key, "stamps": stamps, "rows": rows})


def _write(index: dict[str, Any]) -> None:
    from pathlib import Path

    from zoo_core.system.atomic_files import write_atomic

    if is_set("ZOO_NO_CACHE"):
        return
    path = Path(_path(index["key"]))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(index).encode()
        # Atomic, because several commands may write it at once, and others read it meanwhile.
        write_atomic(path, _checksum(content) + b"\n" + content)
        # There is one index per environment and per working directory of `python -m zoo_core`,
        # because `sys.path` contains that directory.
        for old in sorted(path.parent.iterdir(), key=_mtime, reverse=True)[MAX_INDEXES:]:
            old.unlink(missing_ok=True)
    except OSError:
        return  # the index only saves time
