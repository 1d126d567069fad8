"""Storages of Optuna for a study: a journal file, SQLite or a database server."""

from __future__ import annotations

import os
import sys
import time
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

HINT = (
    "Choose a path (a journal file), sqlite:///FILE, postgresql+psycopg://USER@HOST/NAME or "
    "mysql+pymysql://USER@HOST/NAME."
)

DRIVERS = {"psycopg": "postgresql", "pymysql": "mysql"}
"""Module of a database driver -> the extra of zoo-tune that installs it."""

if sys.platform == "win32":  # where only administrators can make symbolic links
    _Lock = JournalFileOpenLock
else:  # symbolic links are atomic on all versions of NFS
    _Lock = JournalFileSymlinkLock

STALE_LOCK = 10
"""Seconds after which the lock of a journal that does not change is taken from its owner."""

WAIT = 60
"""Seconds that SQLite waits for the write of another process."""

RETRY = 1
"""Seconds before a database that could not be opened is tried again."""


def open_storage(where: str) -> BaseStorage:
    """Open a storage, or create it.

    Args:
        where: a path or a URL, see `HINT`.

    Raises:
        InvalidValueError: the kind of storage is unknown, or its driver is not installed.
        DataError: the storage cannot be reached or read.
    """
    if "://" not in where:
        return _open_journal(Path(where))
    try:
        url = make_url(where)
        name = url.render_as_string(hide_password=True)
        driver = url.get_driver_name()
    except NoSuchModuleError as exc:
        raise InvalidValueError(f"--storage {name}: unknown kind of database", hint=HINT) from exc
    except (ArgumentError, ValueError) as exc:
        # Without the text of the exception, because it may contain the password.
        raise InvalidValueError("--storage is not a valid database URL", hint=HINT) from exc
    sqlite = url.get_backend_name() == "sqlite"
    # A server may close a connection during a long trial: `pool_pre_ping` opens a new one.
    options: dict[str, Any] = (
        {"connect_args": {"timeout": WAIT}} if sqlite else {"pool_pre_ping": True}
    )
    try:
        try:
            return RDBStorage(where, engine_kwargs=options)
        except SQLAlchemyError:
            # Workers that create the tables of a new database at the same time collide.
            time.sleep(RETRY)
            return RDBStorage(where, engine_kwargs=options)
    except ImportError as exc:
        extra = f"zoo-tune[{DRIVERS[driver]}]" if driver in DRIVERS else driver
        raise InvalidValueError(
            f"--storage {name} requires the driver {driver}, which is not installed",
            hint=f"Run `pip install '{extra}'` to install it.",
        ) from exc
    except (SQLAlchemyError, StorageInternalError, RuntimeError, OSError) as exc:
        raise DataError(f"cannot open the storage {name}: {_message(exc, where)}") from exc


@contextmanager
def storage_errors(where: str) -> Iterator[None]:
    """Turn the errors of a database inside the block into a `DataError` without its password."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as exc:
        raise DataError(
            f"the storage {without_password(where)} failed: {_message(exc, where)}",
            hint="Finished trials are kept; run the same command again to continue.",
        ) from exc


def without_password(where: str) -> str:
    """Return a storage's URL with its password masked, and a path unchanged."""
    try:
        return make_url(where).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return where


def _message(exc: BaseException, where: str) -> str:
    """Return the message of a database driver, with the password masked."""
    # Optuna wraps SQLAlchemy's exception, and that one the driver's, whose message is shortest.
    inner = exc.__cause__ if isinstance(exc, StorageInternalError) else exc
    message, password = (one_line(getattr(inner, "orig", None) or exc), make_url(where).password)
    return message.replace(str(password), "***") if password else message


def _open_journal(path: Path) -> JournalStorage:
    # The lock is a symbolic link to the file, and links are relative to their own folder.
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_journal(path)
        lock = _RepairingLock(path)
        backend = JournalFileBackend(str(path), lock)
        lock.acquire()  # so that a file or folder that cannot be written fails here
        lock.release()
        return JournalStorage(backend)
    except OSError as exc:
        raise DataError(f"cannot open the storage {path}: {exc.strerror}") from exc
    # Optuna's own errors for lines that are not an operation of its journal.
    except (ValueError, KeyError, TypeError, AssertionError) as exc:
        raise DataError(
            f"the storage {path} is damaged: {one_line(exc)}",
            hint="It was not changed. Choose another file with --storage.",
        ) from exc


def _check_journal(path: Path) -> None:
    """Refuse a file that is not a journal, before anything is written to it."""
    # Optuna ignores a last line that it cannot parse, and would append to any text file. A short
    # first line is allowed, because a full disk can cut it off.
    begin = b'{"op_code":'
    if path.exists():
        with path.open("rb") as file:
            first = file.read(len(begin))
        if not begin.startswith(first):
            raise DataError(f"the file {path} is not a journal of a study", hint=HINT)


class _RepairingLock(_Lock):
    """Optuna's lock of a journal file, which removes an incomplete last line when acquired.

    A full disk or a power failure can leave half a line. Optuna would append to it, and could no
    longer read the study. The half was never acknowledged, so nothing is lost with it.

    Args:
        path: the journal file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), grace_period=STALE_LOCK)
        self._path = path

    def acquire(self) -> bool:
        acquired = super().acquire()
        try:
            self._remove_incomplete_line()
        except BaseException:
            self.release()
            raise
        return acquired

    def _remove_incomplete_line(self) -> None:
        with self._path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            if file.read(1) not in (b"", b"\n"):
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
