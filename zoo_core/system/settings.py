"""The user's settings: small JSON files in one folder, kept for later processes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from zoo_core.errors import DataError
from zoo_core.system.paths import config_home


class Settings(NamedTuple):
    """One settings file.

    Attributes:
        name: file name without its suffix.
        what: noun for the file in errors.
        empty: default value of each key.
    """

    name: str
    what: str
    empty: dict[str, Any]

    @property
    def path(self) -> str:
        return f"{config_home()}/{self.name}.json"

    def read(self) -> dict[str, Any]:
        """Return the value of each key.

        Raises:
            DataError: the file is damaged.
        """
        try:
            with open(self.path, encoding="utf-8") as file:  # noqa: PTH123 (no pathlib at start-up)
                values = json.load(file)
            values = {**self.empty, **values}
            for key, empty in self.empty.items():
                if type(values[key]) is not type(empty):
                    expected, actual = type(empty).__name__, values[key]
                    raise TypeError(f"{key}: expected a {expected}, got {actual!r}")
        # Without a file nothing was set; and `ZOO_HOME` may name a file where a folder is expected.
        except (FileNotFoundError, NotADirectoryError):
            return dict(self.empty)
        except (OSError, ValueError, TypeError) as exc:
            raise self.damaged(exc) from exc
        return values

    @contextlib.contextmanager
    def changing(self) -> Iterator[dict[str, Any]]:
        """Yield the values, and write them after the block.

        Raises:
            DataError: the file is damaged or cannot be written; it is unchanged.
        """
        # Deferred, because every command reads settings and few write them.
        from pathlib import Path

        from zoo_core.system.atomic_files import write_atomic
        from zoo_core.system.locks import process_lock

        # Locked from read to write, so that two commands do not lose each other's changes.
        with process_lock(self.name):
            values = self.read()
            yield values
            path = Path(self.path)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                content = json.dumps({**values, "schema": 1}, indent=1) + "\n"
                write_atomic(path, content.encode())
            except OSError as exc:
                raise DataError(f"{path} cannot be written: {exc.strerror}") from exc

    def damaged(self, exc: Exception) -> DataError:
        """Return the error to raise for a malformed file."""
        return DataError(
            f"{self.path}, {self.what}, cannot be read: {getattr(exc, 'strerror', None) or exc}",
            hint="Correct or remove the file.",
        )
