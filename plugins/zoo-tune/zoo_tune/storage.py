"""The storage of a study: a journal file, SQLite or a database server, all Optuna's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalFileSymlinkLock
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from zoo_core.plugin_api import DataError, InvalidValueError, one_line

KINDS = (
    "a path (a journal file), sqlite:///FILE, postgresql+psycopg://USER@HOST/NAME or "
    "mysql+pymysql://USER@HOST/NAME"
)

DRIVERS = {"psycopg": "postgresql", "pymysql": "mysql"}
"""Module of a driver -> the extra of zoo-tune that brings it."""

LOCKED = 10
"""Seconds without a change of a journal after which its lock is taken to be a killed process's."""

WAIT = 60
"""Seconds that SQLite waits for another process's write."""


def open_storage(where: str) -> BaseStorage:
    """Open a storage, or make it.

    Args:
        where: one of `KINDS`.

    Raises:
        InvalidValueError: there is no such kind of storage, or its driver is not installed.
        DataError: it cannot be reached or read.
    """
    if "://" not in where:
        return _open_journal(Path(where))
    try:
        url = make_url(where)
        name = url.render_as_string(hide_password=True)
        sqlite = url.get_backend_name() == "sqlite"
    except (ArgumentError, ValueError) as exc:  # whose message may hold the password
        raise InvalidValueError(
            "--storage is no URL of a database", hint=f"Allowed are {KINDS}."
        ) from exc
    options: dict[str, Any] = (
        {"connect_args": {"timeout": WAIT}} if sqlite else {"pool_pre_ping": True}
    )
    try:
        return RDBStorage(where, engine_kwargs=options)
    except NoSuchModuleError as exc:
        raise InvalidValueError(
            f"--storage {name} is of an unknown kind", hint=f"Allowed are {KINDS}."
        ) from exc
    except ImportError as exc:
        driver = url.get_driver_name()
        extra = f"zoo-tune[{DRIVERS[driver]}]" if driver in DRIVERS else driver
        raise InvalidValueError(
            f"--storage {name} needs the driver {driver}, which is not installed",
            hint=f"Install it: pip install '{extra}'",
        ) from exc
    except (SQLAlchemyError, StorageInternalError, RuntimeError, OSError) as exc:
        raise DataError(f"the storage {name} cannot be opened: {_reason(exc, where)}") from exc


@contextmanager
def readable(where: str) -> Iterator[None]:
    """Say of a storage that fails inside the block where it is, without its password."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as exc:
        raise DataError(
            f"the storage {without_password(where)} failed: {_reason(exc, where)}",
            hint="What was finished is kept; the same command goes on.",
        ) from exc


def without_password(where: str) -> str:
    """Return a storage's name to be shown; whatever is no URL, as it is."""
    try:
        return make_url(where).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return where


def _reason(exc: BaseException, where: str) -> str:
    """Return what a driver says, which may hold the password."""
    inner = exc.__cause__ if isinstance(exc, StorageInternalError) else exc
    said, password = one_line(getattr(inner, "orig", None) or exc), make_url(where).password
    return said.replace(str(password), "***") if password else said


def _open_journal(path: Path) -> JournalStorage:
    path = path.absolute()  # the lock is a link to it, which is followed from elsewhere
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            _check_journal(path)
        return JournalStorage(_Journal(path))
    except OSError as exc:
        raise DataError(f"the storage {path} cannot be opened: {exc.strerror}") from exc
    except (ValueError, KeyError, TypeError, AssertionError) as exc:
        raise DataError(
            f"the storage {path} is damaged: {one_line(exc)}",
            hint="Nothing was changed in it. Name another file with --storage.",
        ) from exc


def _check_journal(path: Path) -> None:
    """See that a file is a journal, before anything is added to it."""
    with path.open("rb") as file:
        first = file.readline(1 << 16)
    if first and b'"op_code"' not in first and first.endswith(b"\n"):
        raise DataError(
            f"the file {path} is no journal of a study, and nothing was changed in it",
            hint=f"--storage takes {KINDS}.",
        )


class _Journal(JournalFileBackend):
    """Optuna's journal, which a write that was cut short does not spoil.

    A full disk or a power failure may leave half a line; what is appended to it would be lost, and
    with it everything after.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        lock = JournalFileOpenLock if os.name == "nt" else JournalFileSymlinkLock
        self._guard = lock(str(path), grace_period=LOCKED)
        super().__init__(str(path), self._guard)
        self.append_logs([])

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        lines = "".join(f"{json.dumps(log, separators=(',', ':'))}\n" for log in logs)
        self._guard.acquire()
        try:
            self._end_line()
            with self._path.open("ab") as file:
                file.write(lines.encode())
                file.flush()
                os.fsync(file.fileno())
        finally:
            self._guard.release()

    def _end_line(self) -> None:
        """Remove half a line at the end, which was never acknowledged."""
        with self._path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            if file.read(1) not in (b"", b"\n"):
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
