"""The catalog's listing on disk, so that `zoo list` need not load any plugin.

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

from zoo_core import __version__
from zoo_core.environment import is_set
from zoo_core.paths import zoo_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zoo_core.catalog import Catalog, Entry
    from zoo_core.plugin import Plugin

    Listing = dict[str, list[dict[str, Any]]]

SCHEMA = 5

KEPT = 16
"""How many indexes are kept, the newest."""

TICK = 10_000_000
"""Nanoseconds by which a file system's clock may be behind, and within which it may stand still."""


def listing() -> Listing:
    """Return kind -> rows (plain JSON values) of all that the installed plugins offer."""
    if (rows := _read()) is not None:
        return rows
    began = time.time_ns()
    from zoo_core.catalog import Catalog
    from zoo_core.selection import SETTINGS, Selection

    # The stamp of a folder is taken before it is read: a change in between makes it stale. The key
    # too is taken before, since a plugin may change ``sys.path``.
    key, folders = _key(), _stamps([*sys.path, SETTINGS.path])
    selection = Selection.current()
    if selection.damage:
        sys.stderr.write(f"zoo: no plugin counts as disabled: {selection.damage}\n")
    catalog = Catalog.load(selection)
    rows = describe(catalog)
    if not selection.damage and not any(row["status"] == "broken" for row in rows["plugins"]):
        files = _stamps(file for plugin in catalog.plugins for file in plugin.files)
        stamps = folders + files
        # What was changed since may have been read before it was, or have the stamp it had before.
        if not any(began - TICK <= mtime <= time.time_ns() for _, mtime, _ in stamps):
            _write({"key": key, "stamps": stamps, "listing": rows})
    return rows


def forget() -> None:
    """Remove every index there is; the next command makes its own again."""
    from pathlib import Path

    for path in Path(zoo_home(), "index").glob("*.json"):
        path.unlink(missing_ok=True)


def describe(catalog: Catalog) -> Listing:
    """Return the listing of a catalog."""
    from zoo_core.specs import KINDS

    rows: Listing = {
        kind: [{**row(entry), "name": name} for name, entry in catalog.entries(kind).items()]
        for kind in KINDS
    }
    rows["plugins"] = [
        {
            "name": plugin.distribution,
            "version": plugin.version,
            "entry_point": plugin.entry_point,
            "status": str(plugin.status),
            "reason": plugin.reason,
            "offers": _offers(plugin),
        }
        for plugin in catalog.plugins
    ]
    return rows


def row(entry: Entry[Any]) -> dict[str, Any]:
    """Return a spec's values as JSON would give them back, and who offers it."""
    return {**_plain(vars(entry.spec)), "plugin": entry.plugin.distribution}


def _offers(plugin: Plugin) -> dict[str, list[str]]:
    """Return kind -> names of what a plugin offers."""
    names: dict[str, list[str]] = {}
    for kind, spec in plugin.offers:
        names.setdefault(kind, []).append(spec.name)
    return names


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


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


def _modified(path: Any) -> int:
    return _stamp(str(path))[0]


def _checksum(content: bytes) -> bytes:
    """Return the first line of an index's file, whose second line is the index."""
    return b"%d" % zlib.crc32(content)


def _read() -> Listing | None:
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


def _write(index: dict[str, Any]) -> None:
    from pathlib import Path

    from zoo_core.files import write_atomic

    if is_set("ZOO_NO_CACHE"):
        return
    path = Path(_path(index["key"]))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(index).encode()
        write_atomic(path, _checksum(content) + b"\n" + content)
        # There is one for each environment, and for each folder that `python -m` is called in.
        for old in sorted(path.parent.iterdir(), key=_modified, reverse=True)[KEPT:]:
            old.unlink(missing_ok=True)
    except OSError:
        return  # an index saves time; nothing depends on it
