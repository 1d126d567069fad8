"""Identities of a Hugging Face data set's rows, and the files of a local one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from zoo_core.plugin_api import Examples
from zoo_images.class_names import check_text
from zoo_images.local.local_files import LocalFile, find_file, hash_bytes

CHUNK_SIZE = 256
"""Number of rows that are read at once."""

CONTENT_DIGITS = 16
"""Number of digits of a content's hash in an identity."""

Row = Mapping[str, Any]
"""An undecoded image: its ``bytes`` and ``path``, of which either may be None."""


def all_files(folder: Path) -> list[LocalFile]:
    """Return all files below a folder, which a data set may be loaded from."""
    found: list[LocalFile] = []
    visited: set[str] = set()
    for at, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(at)
        if real in visited:  # a link that leads in a circle
            folders.clear()
            continue
        visited.add(real)
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            key = PurePath(at, name).relative_to(folder).as_posix()
            check_text(key, f"the name of a file in {at}", control=True)
            found.append(find_file(key, os.path.join(at, name)))  # noqa: PTH118
    return found


def identify_rows(
    split: str, size: int, read: Callable[[Sequence[int]], Sequence[Row]], root: Path | None
) -> Examples:
    """Return the identities of a split's rows, which do not depend on other rows or their order.

    A file below the root has its path. Other images have a hash of their content, so that equal
    images are always in the same split; their key has their name, too.

    Args:
        split: name of the split, the first part of each key.
        size: number of rows.
        read: function that returns rows.
        root: folder of a local data set.
    """
    keys, groups = [], []
    found: Counter[str] = Counter()
    for start in range(0, size, CHUNK_SIZE):
        for row in read(range(start, min(start + CHUNK_SIZE, size))):
            name, group = _identify(row, root)
            found[name] += 1
            # Keys are unique, so equal rows are numbered.
            number = f"#{found[name]}" if found[name] > 1 else ""
            keys.append(f"{split}/{name}{number}")
            groups.append(group)
    return Examples(tuple(keys), tuple(groups))


def _identify(row: Row, root: Path | None) -> tuple[str, str]:
    """Return the name and the group of a row."""
    path, content = row.get("path") or "", row.get("bytes")
    if content is None and path:
        if root and (inside := _inside(path, root)):
            return inside, inside
        try:
            content = Path(path).read_bytes()
        except OSError:  # reported when it is decoded
            return path, path
    group = hash_bytes(content or b"")[:CONTENT_DIGITS]
    # The last part only, because a path may be of the machine that the data set was made on.
    name = PurePath(path).name
    return f"{name} {group}" if name else group, group


def _inside(path: str, root: Path) -> str:
    """Return the path below the root; empty if it is elsewhere."""
    for each in (root, root.absolute(), root.resolve()):
        if PurePath(path).is_relative_to(each):
            return PurePath(path).relative_to(each).as_posix()
    return ""
