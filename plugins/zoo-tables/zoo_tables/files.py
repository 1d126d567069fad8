"""Files of tables: their places and sizes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zoo_core.plugin_api import DataError, available_memory

DATA = "ZOO_DATA"

Where = Callable[[int], str]
"""Function from the number of a row, from 0, to its place, such as ``row 5 of houses.csv``."""

MEMORY_PER_BYTE = 3
"""Bytes of memory per byte of a table: Arrow's columns, the features, and hashes of rows."""


@dataclass(frozen=True)
class RowPlaces:
    """Places of a table's rows, of which the last ones may be from another file: a `Where`.

    Attributes:
        first: number of the first row of a file.
        path: the file.
        size: number of its rows.
        test_path: file with the remaining rows; None for no such rows.
    """

    first: int
    path: Path
    size: int
    test_path: Path | None = None

    def __call__(self, row: int) -> str:
        return f"row {self.number(row)} of {self.path if row < self.size else self.test_path}"

    def number(self, row: int) -> int:
        """Return the number of a row in its file."""
        return self.first + (row if row < self.size else row - self.size)


def find_file(place: str) -> Path:
    """Return a file by its path, relative to the working directory or to ``ZOO_DATA``.

    Raises:
        DataError: there is no such file.
    """
    path = Path(place).expanduser()  # because a shell does not expand the ~ in "csv:~/houses.csv"
    data = os.environ.get(DATA)
    places = [path, Path(data, path)] if data and not path.is_absolute() else [path]
    for each in places:
        if each.is_file():
            return each
    for each in places:
        if each.exists():
            kind = "the folder" if each.is_dir() else "a special file:"
            raise DataError(f"expected a file with a table, got {kind} {each}")
    looked = " or ".join(str(each.absolute()) for each in places)
    raise DataError(
        f"there is no file {looked}",
        hint="Use a path from the working directory, or from the folder in ZOO_DATA.",
    )


def find_beside(file: Path, place: str) -> Path:
    """Return a file by its path, absolute or relative to the folder of another one.

    Raises:
        DataError: there is no such file.
    """
    path = file.parent / Path(place).expanduser()
    if not path.is_file():
        raise DataError(
            f"there is no file {path}", hint=f"Use a path from the folder {file.parent.absolute()}."
        )
    return path


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        DataError: it is empty, cannot be read, or its table does not fit into memory.
    """
    try:
        check_memory(path, path.stat().st_size)
        content = path.read_bytes()
    except OSError as exc:
        raise DataError(f"{path} cannot be read: {exc.strerror}") from exc
    if not content:
        raise DataError(f"{path} is empty", hint="Write a header, and one line per row below it.")
    return content


def check_memory(path: Path, size: int) -> None:
    """Check that a table fits into memory.

    Args:
        path: the file.
        size: bytes of its content, uncompressed.

    Raises:
        DataError: it does not fit.
    """
    needed, free = size * MEMORY_PER_BYTE / 1e9, available_memory() / 1e9
    if needed > free:
        raise DataError(
            f"{path} does not fit into memory: expected about {needed:.1f} GB, {free:.1f} GB are "
            "available",
            hint="Use fewer rows, or a machine with more memory.",
        )
