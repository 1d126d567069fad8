"""The download cache: files named by their checksum, written atomically, verified on every load."""

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
from zoo_core.system.paths import write_error, zoo_home

Writer = Callable[[BinaryIO], None]
"""Function that writes the content to an open file."""


def folder() -> Path:
    """Return the folder of the cache; it need not exist."""
    return Path(zoo_home()) / "sha256"


def path_of(sha256: str) -> Path:
    """Return the path that the file with a checksum has or would have."""
    return folder() / sha256


def fetch(sha256: str, size: int, download: Writer, *, what: str) -> Path:
    """Return the path of a file in the cache, downloaded if it is not there.

    Raises:
        DataError: the file cannot be downloaded or written.
        VerificationError: the download does not have the expected size and checksum.
    """
    path = path_of(sha256)
    # Content-addressed, so a file that exists needs no request; the loader verifies its content.
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The lock saves several processes the same download. Nothing depends on it, because all of
        # them write the same bytes to the same name.
        with process_lock(sha256):
            if not path.exists():
                with atomic_writer(path) as file:
                    download(file)
                    _verify(file, sha256, size, what)
    except OSError as exc:
        raise write_error(what, path, exc) from exc
    return path


def cached_files() -> list[Path]:
    """Return the files in the cache, sorted."""
    if not folder().is_dir():
        return []
    # Temporary files begin with a dot.
    return sorted(path for path in folder().iterdir() if not path.name.startswith("."))


def is_whole(path: Path) -> bool:
    """Return whether a file's content has the checksum in its name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == path.name


def remove(sha256: str) -> int:
    """Remove a file from the cache and return its size in bytes, 0 if there is no such file."""
    try:
        size = path_of(sha256).stat().st_size
        path_of(sha256).unlink()
    except FileNotFoundError:
        return 0
    return size


def prune(wanted: set[str]) -> int:
    """Remove files whose checksum is not in `wanted`, stale temporaries and locks.

    Returns:
        Number of bytes that were freed.
    """
    if not folder().is_dir():
        return 0
    freed = remove_stale_temporaries(folder())
    locks = (Path(zoo_home()) / "locks").glob("*.lock")
    for path in (*(path for path in cached_files() if path.name not in wanted), *locks):
        with contextlib.suppress(OSError):  # Windows removes no file that a process has open
            size = path.stat().st_size
            path.unlink()
            freed += size
    return freed


def _verify(file: BufferedRandom, sha256: str, size: int, what: str) -> None:
    actual = file.seek(0, os.SEEK_END)
    if actual != size:
        raise VerificationError(
            f"size mismatch for {what}: expected {size:,} bytes, got {actual:,}; "
            "the download was discarded",
            hint="Try again, or report it to the registry's maintainer.",
        )
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise VerificationError(
            f"checksum mismatch for {what}: expected sha256 {sha256}, got {digest}; "
            "the download was discarded",
            hint="Try again, or report it to the registry's maintainer.",
        )
