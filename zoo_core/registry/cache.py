"""The download cache: files named by their checksum, written whole, checked on every load.

Nothing depends on the lock: it saves several processes the same download. Whoever writes, writes
the same bytes to the same name.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from io import BufferedRandom
from pathlib import Path
from typing import BinaryIO

from zoo_core.errors import VerificationError
from zoo_core.system.atomic_files import atomic_writer, remove_stale_temporaries
from zoo_core.system.locks import process_lock
from zoo_core.system.paths import home_write_error, zoo_home

Writer = Callable[[BinaryIO], None]
"""Writes the bytes to an open file."""


def folder() -> Path:
    """Return where fetched files are kept; it need not exist."""
    return Path(zoo_home()) / "sha256"


def path_of(sha256: str) -> Path:
    """Return where the file of a checksum is or would be."""
    return folder() / sha256


def fetch(sha256: str, size: int, download: Writer, *, what: str) -> Path:
    """Return the path of a file in the cache, downloading it where it is not there.

    Raises:
        DataError: it cannot be downloaded or kept.
        VerificationError: what was downloaded is not what it should be; nothing is kept.
    """
    path = path_of(sha256)
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with process_lock(sha256):
            if not path.exists():
                with atomic_writer(path) as file:
                    download(file)
                    _check(file, sha256, size, what)
    except OSError as exc:
        raise home_write_error(what, exc) from exc
    return path


def cached_files() -> list[Path]:
    """Return the files in the cache, sorted."""
    if not folder().is_dir():
        return []
    return sorted(path for path in folder().iterdir() if not path.name.startswith("."))


def is_whole(path: Path) -> bool:
    """Say whether a file's content has the checksum that is its name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == path.name


def remove(sha256: str) -> int:
    """Remove a file from the cache and return how many bytes that frees."""
    try:
        size = path_of(sha256).stat().st_size
        path_of(sha256).unlink()
    except FileNotFoundError:
        return 0
    return size


def prune(wanted: set[str]) -> int:
    """Remove what no checksum of `wanted` names, and what killed processes left behind.

    Returns:
        How many bytes that frees.
    """
    if not folder().is_dir():
        return 0
    freed = remove_stale_temporaries(folder())
    locks = (Path(zoo_home()) / "locks").glob("*.lock")
    for path in (*(path for path in cached_files() if path.name not in wanted), *locks):
        with contextlib.suppress(OSError):
            size = path.stat().st_size
            path.unlink()
            freed += size
    return freed


def _check(file: BufferedRandom, sha256: str, size: int, what: str) -> None:
    found = file.seek(0, os.SEEK_END)
    if found != size:
        raise VerificationError(
            f"{what} has {found:,} bytes where {size:,} are due; nothing is kept of it",
            hint="Try again, or ask whoever publishes there.",
        )
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise VerificationError(
            f"{what} has the sha256 {digest} where {sha256} is due; nothing is kept of it",
            hint="Try again, or ask whoever publishes there.",
        )
