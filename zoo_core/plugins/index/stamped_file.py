"""Stamped files: lines on disk that are valid while the files they were derived from are unchanged.

A missing, damaged or stale file is written again; if its folder is not writable, there is no cache.
"""

from __future__ import annotations

import json
import os
import time
import zlib

from zoo_core.system.environment import is_set

# `json` and `zlib` only, because `zoo list` reads such a file: see `zoo_core.plugins.index`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

MAX_FILES = 16
"""Maximum number of files in a folder, of which the newest are kept."""

TICK = 10_000_000
"""Nanoseconds of a file system's clock tick: two changes within it may have equal times."""


class Stamp:
    """A snapshot of everything that a file depends on, taken before any of it is read.

    Args:
        key: JSON value of everything but files.
        paths: files and folders.
    """

    # Taken first, because a change while they are read must make the file stale.
    def __init__(self, key: Any, paths: Iterable[str]) -> None:
        self.began = time.time_ns()
        self.key = key
        self.stamps = _stamps(paths)


def _stamps(paths: Iterable[str]) -> list[list[Any]]:
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


def _checksum(content: bytes | memoryview) -> bytes:
    """Return the first line of a file; the second line has key and stamps."""
    return b"%d" % zlib.crc32(content)


def read_lines(path: str, key: Any) -> list[memoryview] | None:
    """Return the lines of a file; None if it is missing, stale or damaged."""
    if is_set("ZOO_NO_CACHE"):
        return None
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            content = file.read()
        begin = content.index(b"\n") + 1
        # Valid JSON is not enough: a flipped bit in a name would still parse.
        if content[: begin - 1] != _checksum(memoryview(content)[begin:]):
            return None
        head, *lines = _lines(content, begin)
        facts = parse(head)
        if facts["key"] != key:
            return None
        if any((mtime, size) != _stamp(path) for path, mtime, size in facts["stamps"]):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return lines


def parse(line: memoryview) -> Any:
    """Return the JSON value of a line."""
    return json.loads(bytes(line))


def _lines(content: bytes, begin: int) -> Iterator[memoryview]:
    """Yield the lines from a position on."""
    # Views, because copying a MB of lines, most of which are not used, takes a ms or two.
    view = memoryview(content)
    while (end := content.find(b"\n", begin)) >= 0:
        yield view[begin:end]
        begin = end + 1
    yield view[begin:]


def write_lines(path: str, lines: Sequence[bytes], stamp: Stamp, files: Iterable[str] = ()) -> None:
    """Write lines to a file.

    Args:
        path: path of the file.
        lines: the lines, without line breaks.
        stamp: snapshot from before anything was read.
        files: further files that the lines depend on, which the snapshot could not name.
    """
    stamps = stamp.stamps + _stamps(files)
    # No file if one of those has changed since just before the snapshot, because it may have been
    # read before the change, or may be changed again within the same tick, with an equal stamp.
    # Times in the future do not count, or a wrong clock would prevent every file.
    if any(stamp.began - TICK <= mtime <= time.time_ns() for _, mtime, _ in stamps):
        return
    head = json.dumps({"key": stamp.key, "stamps": stamps}).encode()
    if not is_set("ZOO_NO_CACHE"):
        _write(path, b"\n".join([head, *lines]))


def _write(name: str, content: bytes) -> None:
    from pathlib import Path

    from zoo_core.system.atomic_files import write_atomic

    path = Path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Atomic, because several commands may write it at once, and others read it meanwhile.
        write_atomic(path, _checksum(content) + b"\n" + content)
        # There is one file per environment and per working directory of `python -m zoo_core`,
        # because `sys.path` contains that directory.
        for old in sorted(path.parent.iterdir(), key=_mtime, reverse=True)[MAX_FILES:]:
            old.unlink(missing_ok=True)
    except OSError:
        return  # the file only saves time
