"""Files on this machine: facts that change with their content, and hashes of it."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import NamedTuple

from zoo_core.plugin_api import DataError

BLOCK = 1 << 20
"""Number of bytes that are read at once."""

_UNREADABLE = "unreadable: "


class ChangedFileError(DataError):
    """A file that changed while it was read, so its hash is not that of its pixels."""


class LocalFile(NamedTuple):
    """A file on this machine.

    Attributes:
        key: its identity, such as its path below the root, with ``/``.
        path: its path.
        facts: facts that change with its content (`facts_of`); empty if it cannot be found, such
            as a broken link.
    """

    key: str
    path: str
    facts: str


def facts_of(status: os.stat_result) -> str:
    """Return device, inode, size, and times of modification and change, in nanoseconds."""
    # Text, because the garbage collector takes a third of a check's time to follow tuples.
    times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
    return f"{status.st_dev} {status.st_ino} {status.st_size} {times}"


def last_change(facts: str) -> int:
    """Return the later one of the two times in facts."""
    return max(map(int, facts.split()[3:]))


def find_file(key: str, path: str) -> LocalFile:
    """Return a file, without facts if it is missing or not a regular file."""
    try:
        status = os.stat(path)  # noqa: PTH116 (100,000 files)
    except (OSError, ValueError):  # ValueError: a null character
        return LocalFile(key, path, "")
    return LocalFile(key, path, facts_of(status) if stat.S_ISREG(status.st_mode) else "")


def changed_error(name: str) -> ChangedFileError:
    """Return the error to raise if a file changed while it was read."""
    return ChangedFileError(
        f"{name} changed while it was read",
        hint="Run the command again when no other program writes to this folder.",
    )


def hash_file(file: LocalFile) -> str:
    """Return the hash of a file's content, or the reason why it cannot be read.

    Raises:
        ChangedFileError: its facts are other ones now.
    """
    if not file.facts:
        return f"{_UNREADABLE}no file"
    try:
        found = _new_hash()
        with open(file.path, "rb", buffering=0) as opened:  # noqa: PTH123 (100,000 files)
            while block := opened.read(BLOCK):
                found.update(block)
            after = facts_of(os.fstat(opened.fileno()))
    except FileNotFoundError as exc:
        raise changed_error(file.path) from exc
    except OSError as exc:
        return f"{_UNREADABLE}{exc.strerror}"
    if after != file.facts:
        raise changed_error(file.path)
    return found.hexdigest()


def hash_bytes(content: bytes) -> str:
    """Return the hash of a content."""
    return _new_hash(content).hexdigest()


def is_readable(content: str) -> bool:
    """Return whether a hash is of a content; a file that cannot be read has a reason instead."""
    return content != "" and not content.startswith(_UNREADABLE)


def _new_hash(content: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(content, digest_size=20)  # faster than SHA-256 on most processors
