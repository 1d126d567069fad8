"""The copies of data sets in the disk store, for `zoo cache`."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.data.disk_store import DESCRIPTION, FORMAT, copies_folder
from zoo_core.system.atomic_files import MAX_AGE

DAY = 86_400.0
"""Seconds per day."""

INPUTS = ("-inputs.npy", "-images.npy")
"""Endings of the files with the inputs of a split, in this format and in older ones."""

QUIET = 600.0
"""Seconds without a change after which no process still writes a temporary copy."""


@dataclass(frozen=True)
class StoredDataset:
    """A copy of a data set, or the temporary folder of a copy that was not completed.

    Attributes:
        path: its folder.
        name: name of the data set as the user wrote it, or the folder's own.
        images: number of images in all splits.
        bytes: size of its files.
        used: time of its last use, or last change, in seconds since 1970.
        is_complete: False for a temporary folder.
        is_usable: False for a copy that zoo would create anew: in another format, or damaged.
    """

    path: Path
    name: str
    images: int
    bytes: int
    used: float
    is_complete: bool
    is_usable: bool

    @property
    def last_use(self) -> str:
        return datetime.fromtimestamp(self.used, UTC).isoformat(timespec="seconds")

    @property
    def status(self) -> str:
        if not self.is_complete:
            return "incomplete"
        return "" if self.is_usable else "outdated"

    def is_old(self, days: float | None) -> bool:
        """Return whether `zoo cache prune` removes it; `days` is the option ``--unused``."""
        age = time.time() - self.used
        if not self.is_complete:
            return age > (MAX_AGE if days is None else max(days * DAY, QUIET))
        return not self.is_usable or (days is not None and age >= days * DAY)

    def remove(self) -> int:
        """Remove the folder, and return the number of bytes that were freed."""
        # Its description first, so that no process reads a copy of which files are missing.
        with contextlib.suppress(OSError):
            (self.path / DESCRIPTION).unlink()
        shutil.rmtree(self.path, ignore_errors=True)
        # Windows removes no file that a process has open.
        return self.bytes - sum(size for _, size, _ in _files(self.path))

    def facts(self) -> dict[str, Any]:
        """Return the facts for ``--json``."""
        return {
            "name": self.name,
            "folder": str(self.path),
            "images": self.images,
            "bytes": self.bytes,
            "last_use": self.last_use,
            "status": self.status or "complete",
        }


def stored_datasets() -> list[StoredDataset]:
    """Return the copies of data sets, the last used first."""
    try:
        folders = [path for path in copies_folder().iterdir() if path.is_dir()]
    except OSError:
        return []
    return sorted(map(_describe, folders), key=lambda each: (-each.used, each.path))


def _describe(folder: Path) -> StoredDataset:
    files, is_complete = list(_files(folder)), not folder.name.startswith(".")
    facts = _facts(folder)
    changes = [time for _, _, time in files]
    used = folder.stat().st_mtime if is_complete else max(changes, default=folder.stat().st_mtime)
    return StoredDataset(
        path=folder,
        name=str(facts.get("origin") or folder.name),
        images=sum(_count(path) for path, _, _ in files if path.name.endswith(INPUTS)),
        bytes=sum(size for _, size, _ in files),
        used=used,
        is_complete=is_complete,
        is_usable=facts.get("format") == FORMAT,
    )


def _files(folder: Path) -> Iterator[tuple[Path, int, float]]:
    """Yield path, size and time of change of the files in a folder."""
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # removed by another process meanwhile
            stat = path.lstat()
            if not path.is_dir():
                yield path, stat.st_size, stat.st_mtime


def _facts(folder: Path) -> dict[str, Any]:
    try:
        facts = json.loads((folder / DESCRIPTION).read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _count(path: Path) -> int:
    """Return the number of images in a ``.npy`` file, from its header."""
    try:
        return len(np.load(path, mmap_mode="r"))
    except (OSError, ValueError, TypeError):
        return 0
