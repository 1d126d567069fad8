"""Watching the files that a process opens and changes, with an audit hook."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CHANGES = {
    "os.mkdir": 1,
    "os.rmdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.link": 2,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.chmod": 1,
    "os.chown": 1,
    "os.utime": 1,
    "tempfile.mkstemp": 1,
    "tempfile.mkdtemp": 1,
}
"""Audit event -> number of paths among its arguments."""

NETWORK = ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect")

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """A watch that records writes outside the allowed folders, and reads of a canary.

    Attributes:
        found: problems in the last block.
        written: number of files and folders that were opened for writing, made, renamed or removed.
    """

    def __init__(self, writable: Iterable[Path], canary: Path) -> None:
        self.found: list[str] = []
        self.written = 0
        self._writable = [os.path.realpath(path) for path in writable]
        self._canary = str(canary)
        self._on = False
        sys.addaudithook(self._record)  # because audit hooks cannot be removed

    def __enter__(self) -> None:
        self.found, self._on = [], True

    def __exit__(self, *_: object) -> None:
        self._on = False

    def _record(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, int):
                self._note(os.path.realpath(path), event, bool(flags & WRITING))
        elif event in CHANGES:
            for path in arguments[: CHANGES[event]]:
                folder, name = os.path.split(os.path.join(_folder(arguments), os.fsdecode(path)))
                self._note(os.path.join(os.path.realpath(folder), name), event, True)
        elif event in ("os.listdir", "os.scandir") and isinstance(arguments[0], str):
            self._note(os.path.realpath(arguments[0]), event, False)
        elif event in NETWORK and "127.0.0.1" not in repr(arguments):
            raise OSError("no network here")

    def _note(self, path: str | bytes, event: str, writes: bool) -> None:
        path = os.fsdecode(path)
        self.written += writes
        if _inside(path, self._canary):
            self.found.append(f"{event} of the canary {path}")
        elif writes and path != os.devnull and not any(_inside(path, w) for w in self._writable):
            self.found.append(f"{event} of {path}")


def _folder(arguments: tuple[Any, ...]) -> str:
    """Return the folder to which a path is relative: that of a descriptor, if there is one."""
    last = arguments[-1]
    if isinstance(last, int) and last > 2 and len(arguments) > 1:
        return os.path.realpath(f"/proc/self/fd/{last}")
    return os.getcwd()


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
