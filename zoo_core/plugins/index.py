"""The plugin index on disk, so that `zoo list` loads no plugin.

The index is derived: it is written after the plugins were loaded and believed only while the
interpreter, the core, what the user decided, every folder of ``sys.path`` and every source file of
the specs are as they were. An index that is missing, damaged or stale is made again; one that
cannot be written is done without. While a plugin is broken there is none, since what mends it may
lie anywhere. It begins with a checksum of the rest, so that no damage is taken for a name.

Nothing here imports more than `json`, for the sake of `zoo list`'s start-up.
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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from zoo_core.plugins.rows import Listing

SCHEMA = 5

MAX_INDEXES = 16
"""How many indexes are kept, the newest."""

TICK = 10_000_000
"""Nanoseconds by which a file system's clock may be behind, and within which it may stand still."""


class Stamp:
    """What an index depends on, taken before any of it is read: a later change makes it stale.

    Args:
        paths: of folders and files that decide which plugins are installed.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.began = time.time_ns()
        self.key = _key()  # before plugins are imported, which may change ``sys.path``
        self.stamps = _stamps(paths)


def clear_index() -> None:
    """Remove every index there is; the next command makes its own again."""
    from pathlib import Path

    for path in Path(zoo_home(), "index").glob("*.json"):
        path.unlink(missing_ok=True)


def _key() -> list[Any]:
    """Return what decides which plugins there are, but for the content of files."""
    allowed = os.environ.get("ZOO_PLUGINS")
    return [SCHEMA, __version__, sys.version, sys.prefix, list(sys.path), allowed]


def _path(key: list[Any]) -> str:
    checksum = zlib.crc32(json.dumps(key).encode())
    return f"{zoo_home()}/index/{checksum:08x}.json"


def _stamps(paths: Any) -> list[list[Any]]:
    return [[path, *_stamp(path)] for path in dict.fromkeys(paths)]


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path or ".")  # noqa: PTH116 (no pathlib here)
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _mtime(path: Any) -> int:
    return _stamp(str(path))[0]


def _checksum(content: bytes) -> bytes:
    """Return the first line of an index's file, whose second line is the index."""
    return b"%d" % zlib.crc32(content)


def read_rows() -> Listing | None:
    """Return the rows of the index; None where there is none, or it is stale or damaged."""
    if is_set("ZOO_NO_CACHE"):
        return None
    key = _key()
    try:
        with open(_path(key), "rb") as file:  # noqa: PTH123
            checksum, _, content = file.read().partition(b"\n")
        if checksum != _checksum(content):
            return None
        index = json.loads(content)
        if index["key"] != key:
            return None
        if any((mtime, size) != _stamp(path) for path, mtime, size in index["stamps"]):
            return None
        rows: Listing = index["listing"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return rows


def write_rows(rows: Listing, stamp: Stamp, files: Iterable[str]) -> None:
    """Write the rows of a catalog to the index.

    Args:
        rows: of the catalog.
        stamp: taken before the plugins were loaded.
        files: the source files that the specs came from.
    """
    stamps = stamp.stamps + _stamps(files)
    # What was changed since may have been read before it was, or have the stamp it had before.
    if any(stamp.began - TICK <= mtime <= time.time_ns() for _, mtime, _ in stamps):
        return
    _write({"key": stamp.key, "stamps": stamps, "listing": rows})


def _write(index: dict[str, Any]) -> None:
    from pathlib import Path

    from zoo_core.system.atomic_files import write_atomic

    if is_set("ZOO_NO_CACHE"):
        return
    path = Path(_path(index["key"]))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(index).encode()
        write_atomic(path, _checksum(content) + b"\n" + content)
        # There is one for each environment, and for each folder that `python -m` is called in.
        for old in sorted(path.parent.iterdir(), key=_mtime, reverse=True)[MAX_INDEXES:]:
            old.unlink(missing_ok=True)
    except OSError:
        return  # an index saves time; nothing depends on it
