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
import zlib
from collections.abc import Mapping

from zoo_core.names.families import split_rows
from zoo_core.plugins.index.stamped_file import Stamp, parse, read_lines, write_lines
from zoo_core.system.paths import zoo_home
from zoo_core.version import __version__

# `json` and `zlib` only: no pathlib, dataclasses or typing. The bar of `zoo list` is 2.5 times the
# CPU time of `python -c pass`; it takes 2.3 times, and `import pathlib` alone adds 0.4 times.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from zoo_core.plugins.rows import Rows

SCHEMA = 8
"""Version of the rows; a changed field of a spec needs a new one."""


class IndexedRows(Mapping[str, "list[dict[str, Any]]"]):
    """The rows of the index, each kind parsed when it is first used.

    A kind has two lines: its rows without a family, and those with one. So `zoo list` parses a few
    kB, where the rows of all models have a MB.
    """

    def __init__(self, path: str, lines: Sequence[memoryview]) -> None:
        self.path = path
        self._families: dict[str, dict[str, int]] = parse(lines[0])
        self._lines = dict(
            zip(self._families, zip(lines[1::2], lines[2::2], strict=True), strict=True)
        )
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def __getitem__(self, kind: str) -> list[dict[str, Any]]:
        if kind not in self._rows:
            alone, related = map(parse, self._lines[kind])
            self._rows[kind] = alone + related
        return self._rows[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._families)

    def __len__(self) -> int:
        return len(self._families)

    def folded(self, kind: str) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """Return the rows of a kind without a family, and the families with their sizes."""
        return parse(self._lines[kind][0]), self._families[kind]


def folded(rows: Rows, kind: str) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return the rows of a kind without a family, and the families with their sizes."""
    if isinstance(rows, IndexedRows):
        return rows.folded(kind)
    alone, _, families = split_rows(rows[kind])
    return alone, families


def clear_index() -> None:
    """Remove every index; the next command rebuilds its own."""
    from pathlib import Path

    for path in Path(zoo_home(), "index").glob("*.json"):
        path.unlink(missing_ok=True)


def snapshot(paths: Iterable[str]) -> Stamp:
    """Return the snapshot for an index, before plugins are imported, which may change `sys.path`.

    Args:
        paths: folders and files that decide which plugins are installed.
    """
    return Stamp(_key(), paths)


def _key() -> list[Any]:
    """Return everything but files that decides which plugins are loaded."""
    allowed = os.environ.get("ZOO_PLUGINS")
    return [SCHEMA, __version__, sys.version, sys.prefix, list(sys.path), allowed]


def _path(key: list[Any]) -> str:
    # One file per environment. CRC-32, because hashlib is slower to import; in a collision, the key
    # inside the file differs and the index is rebuilt.
    checksum = zlib.crc32(json.dumps(key).encode())
    return f"{zoo_home()}/index/{checksum:08x}.json"


def read_rows() -> Rows | None:
    """Return the rows of the index; None if it is missing, stale or damaged."""
    key = _key()
    path = _path(key)
    lines = read_lines(path, key)
    return IndexedRows(path, lines) if lines else None


def write_rows(rows: Rows, stamp: Stamp, files: Iterable[str]) -> None:
    """Write the rows of a catalog to the index.

    Args:
        rows: rows of the catalog.
        stamp: snapshot from before the plugins were loaded.
        files: the source files that the specs came from.
    """
    parts = {kind: split_rows(of_kind) for kind, of_kind in rows.items()}
    families = {kind: sizes for kind, (_, _, sizes) in parts.items()}
    values = [families, *(rows for part in parts.values() for rows in part[:2])]
    lines = [json.dumps(value).encode() for value in values]
    write_lines(_path(stamp.key), lines, stamp, files)
