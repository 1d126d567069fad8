"""Files of data sets that are on this machine already."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zoo_core.plugin_api import DataError, InvalidValueError
from zoo_torchvision.datasets.files import FileForm, Origin

SYSTEM = Path("/usr/share/datasets")
"""Where Debian's packages put data sets, each into a folder of its name."""


@dataclass(frozen=True)
class LocalFiles:
    """A data set's files.

    Attributes:
        folder: that they lie in.
        form: which files they are.
    """

    folder: Path
    form: FileForm

    def paths(self) -> list[Path]:
        return [self.folder / file for file in self.form.files]


def find_local_files(origin: Origin) -> LocalFiles | None:
    """Return where a data set's files are: in ``$ZOO_DATA``, else in Debian's folder, else nowhere.

    Raises:
        InvalidValueError: ZOO_DATA names no folder.
        DataError: a folder has some of the files, and not all.
    """
    for folder in _folders(origin.name):
        if found := _in(folder, origin):
            return found
    return None


def _folders(name: str) -> Iterator[Path]:
    if given := os.environ.get("ZOO_DATA"):
        folder = Path(given).expanduser()
        if not folder.is_dir():
            raise InvalidValueError(
                f"ZOO_DATA is {given!r}, which is no folder",
                hint="Name a folder with files of data sets, or unset it.",
            )
        # The folder of its name first: some data sets name their files alike.
        yield folder / name
        yield folder
    yield SYSTEM / name


def _in(folder: Path, origin: Origin) -> LocalFiles | None:
    lacking = {}
    for form in origin.forms:
        lacking[form] = [file for file in form.files if not (folder / file).is_file()]
        if not lacking[form]:
            return LocalFiles(folder, form)
    form = min(origin.forms, key=lambda form: len(lacking[form]) / len(form.files))
    if len(lacking[form]) == len(form.files):
        return None
    raise DataError(
        f"{folder} has {len(form.files) - len(lacking[form])} of the {len(form.files)} files of "
        f"{origin.name}, and lacks {', '.join(lacking[form])}",
        hint="Put all of them there, or name another folder with --data-dir or ZOO_DATA.",
    )
