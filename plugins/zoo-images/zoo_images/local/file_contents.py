"""Hashes of the contents of files, which are computed again only for files that changed.

Sizes and times are no proof that a folder is the same: two folders may have equal ones, and a file
may be rewritten with both. Hashes are kept in ``$ZOO_HOME/folders`` for files whose device, inode,
size and times are unchanged; the time of the last change cannot be set by a program on POSIX.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from zoo_core.plugin_api import ProgressBar, write_atomic, zoo_home
from zoo_images.local.local_files import (
    LocalFile,
    changed_error,
    hash_bytes,
    hash_file,
    is_readable,
    last_change,
)
from zoo_images.prefetch import map_ahead

FORMAT = 1
"""Version of the stored hashes."""

GRANULARITY = 2_000_000_000
"""Maximum nanoseconds between two writes to a file that its times may not distinguish (on FAT)."""

CHUNK_SIZE = 64
"""Number of files that a thread hashes at once."""

IS_WINDOWS = os.name == "nt"


class FileContents:
    """Hashes of files below a root.

    Args:
        root: folder, or another path that identifies the files between uses.
        files: the files.

    Accessing an attribute raises a `ChangedFileError` if a file is changed at the same time.
    """

    def __init__(self, root: Path, files: Sequence[LocalFile]) -> None:
        # By the real path, because links may lead to other files tomorrow.
        real = os.fsencode(os.path.realpath(root))
        self._store = Path(zoo_home(), "folders", hashlib.sha256(real).hexdigest()[:32])
        self._files = sorted(files, key=attrgetter("key"))

    @cached_property
    def digest(self) -> str:
        """Hash of all keys and contents."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            with self._store.open("rb") as file:
                # Only the first line, because reading the hash of each file takes longer than the
                # whole check.
                stored = json.loads(file.readline())
            if stored["format"] == FORMAT and stored["facts"] == self._facts:
                return str(stored["digest"])
        return _digest(self.hashes)

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """Hash of each file's content, by its key."""
        known, began = self._read(), time.time_ns()
        trusted = not IS_WINDOWS  # its files have no time of change
        changed = [file for file in self._files if not _is_known(file, known)]
        hashes = {key: known[key][1] for key, _, _ in self._files if key in known}
        hashes |= self._hash(changed)
        # A file that was written just now may be rewritten without a change of its times.
        latest = began - GRANULARITY
        settled = {
            file.key
            for file in self._files
            if trusted
            and file.facts
            and last_change(file.facts) < latest
            and is_readable(hashes[file.key])
        }
        if trusted:
            self._write(hashes, settled)
        return hashes

    def check_unchanged(self, files: Sequence[LocalFile]) -> None:
        """Check that the same files are listed with the same facts.

        Args:
            files: the files as they are listed now.

        Raises:
            ChangedFileError: a file is another one, or changed.
        """
        if changed := set(files).symmetric_difference(self._files):
            raise changed_error(min(file.path for file in changed))

    @cached_property
    def _facts(self) -> str:
        # Neither keys nor facts have a null character.
        lines = [f"{key}\0{facts}" for key, _, facts in self._files]
        return hash_bytes("\0".join(lines).encode())

    def _read(self) -> dict[str, tuple[str, str]]:
        """Return the stored facts and hashes by key; an empty dict if they are damaged."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            head, _, body = self._store.read_bytes().partition(b"\n")
            stored = json.loads(head)
            if stored["format"] == FORMAT and stored["body"] == hash_bytes(body):
                return {key: (facts, content) for key, facts, content in json.loads(body)}
        return {}

    def _write(self, hashes: Mapping[str, str], settled: set[str]) -> None:
        rows = [
            (key, facts if key in settled else "", hashes[key]) for key, _, facts in self._files
        ]
        body = json.dumps(rows).encode()
        head = {
            "format": FORMAT,
            "facts": self._facts if len(settled) == len(rows) else "",
            "digest": _digest(hashes),
            "body": hash_bytes(body),
        }
        # Without it, the files are only hashed again.
        with contextlib.suppress(OSError):
            self._store.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._store, json.dumps(head).encode() + b"\n" + body)

    def _hash(self, files: Sequence[LocalFile]) -> dict[str, str]:
        parts = [files[start : start + CHUNK_SIZE] for start in range(0, len(files), CHUNK_SIZE)]
        found: dict[str, str] = {}
        # Without lines of text, which would mix with the output of `--json`.
        with ProgressBar(quiet=True, text_first=True) as bar:
            if files:
                bar.start(len(files))
            for hashes in map_ahead(parts, _hash_files):
                found |= hashes
                bar.update(len(found), len(files), "Checking images")
        return found


def _hash_files(files: Sequence[LocalFile]) -> dict[str, str]:
    return {file.key: hash_file(file) for file in files}


def _is_known(file: LocalFile, known: Mapping[str, tuple[str, str]]) -> bool:
    return file.facts != "" and known.get(file.key, ("", ""))[0] == file.facts


def _digest(hashes: Mapping[str, str]) -> str:
    return hash_bytes(json.dumps(sorted(hashes.items())).encode())
