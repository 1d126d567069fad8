"""Settings of the user, kept for later processes: small JSON files in one folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zoo_core.errors import DataError
from zoo_core.system.paths import config_home


@dataclass(frozen=True)
class Settings:
    """One file of decisions.

    Attributes:
        name: of the file, without its suffix.
        what: it is, for errors.
        empty: the keys that it has, each with the value that stands for no decision.
    """

    name: str
    what: str
    empty: dict[str, Any]

    @property
    def path(self) -> str:
        return f"{config_home()}/{self.name}.json"

    def read(self) -> dict[str, Any]:
        """Return what was decided.

        Raises:
            DataError: the file is damaged.
        """
        try:
            with open(self.path, encoding="utf-8") as file:  # noqa: PTH123 (no pathlib at start-up)
                values = json.load(file)
            values = {**self.empty, **values}
            for key, empty in self.empty.items():
                if type(values[key]) is not type(empty):
                    raise TypeError(f"{key} is {values[key]!r}")
        except (FileNotFoundError, NotADirectoryError):
            return dict(self.empty)
        except (OSError, ValueError, TypeError) as exc:
            raise self.damaged(exc) from exc
        return values

    @contextlib.contextmanager
    def changing(self) -> Iterator[dict[str, Any]]:
        """Give what was decided, to be changed key by key, and keep it once the block is done.

        Raises:
            DataError: the file is damaged or cannot be written; it is as it was.
        """
        from pathlib import Path

        from zoo_core.system.atomic_files import write_atomic
        from zoo_core.system.locks import process_lock

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
        """Return the error to raise where the file does not hold what it should."""
        return DataError(
            f"{self.path}, {self.what}, cannot be read: {exc}",
            hint="Mend or remove that file.",
        )
