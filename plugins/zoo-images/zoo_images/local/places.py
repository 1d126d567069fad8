"""Places of a user's files: paths relative to the working directory or to ``ZOO_DATA``."""

from __future__ import annotations

import os
from pathlib import Path

from zoo_core.plugin_api import TABLE_SUFFIXES, DataError, shell_command

DATA = "ZOO_DATA"


def find_folder(place: str) -> Path:
    """Return a folder by its path, relative to the working directory or to ``ZOO_DATA``.

    Raises:
        DataError: there is no such folder.
    """
    places = _places(place)
    for path in places:
        if path.is_dir():
            return path
    for path in places:
        if path.exists():
            hint = "Unpack archives first."
            if path.suffix.lower() in TABLE_SUFFIXES:
                hint = f"For a file with labels, use {shell_command(f'files:{place}')}"
            raise DataError(f"expected a folder, got the file {path}", hint=hint)
    raise _missing("folder", places)


def find_label_file(place: str) -> Path:
    """Return a file by its path, relative to the working directory or to ``ZOO_DATA``.

    Raises:
        DataError: there is no such file.
    """
    places = _places(place)
    for path in places:
        if path.is_file():
            return path
    for path in places:
        if path.is_dir():
            raise DataError(
                f"expected a file with labels, got the folder {path}",
                hint=f"For a folder with one sub-folder per class, use "
                f"{shell_command(f'folder:{place}')}",
            )
        if path.exists():
            raise DataError(f"expected a regular file with labels, got {path}")
    raise _missing("file", places)


def absolute(path: Path) -> Path:
    """Return an absolute path, without ``..``; links are kept."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (`Path.absolute` keeps "..")


def _places(place: str) -> list[Path]:
    path = Path(place).expanduser()  # because a shell does not expand the ~ in "folder:~/photos"
    data = os.environ.get(DATA)
    return [path, Path(data, path)] if data and not path.is_absolute() else [path]


def _missing(what: str, places: list[Path]) -> DataError:
    looked = " or ".join(str(path.absolute()) for path in places)
    return DataError(
        f"there is no {what} {looked}",
        hint="Use a path from the working directory, or from the folder in ZOO_DATA.",
    )
