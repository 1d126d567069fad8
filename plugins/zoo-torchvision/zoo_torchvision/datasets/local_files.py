"""Search for a data set's files on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zoo_core.plugin_api import DataError, InvalidValueError
from zoo_torchvision.datasets.files import FileForm, Origin

SYSTEM = Path("/usr/share/datasets")
"""Folder in which Debian's packages install data sets, one sub-folder per data set."""


@dataclass(frozen=True)
class LocalFiles:
    """A data set's files on this machine.

    Attributes:
        folder: folder that contains them.
        form: form that they have.
    """

    folder: Path
    form: FileForm

    def paths(self) -> list[Path]:
        return [self.folder / file for file in self.form.files]


def find_local_files(origin: Origin) -> LocalFiles | None:
    """Return a data set's files in ``$ZOO_DATA`` or in Debian's folder; None if neither has any.

    Raises:
        InvalidValueError: ZOO_DATA is not a folder.
        DataError: a folder contains some of the files, but not all.
    """
    for folder in _folders(origin.name):
        if found := _find_form(folder, origin):
            return found
    return None


def _folders(name: str) -> Iterator[Path]:
    if given := os.environ.get("ZOO_DATA"):
        folder = Path(given).expanduser()
        if not folder.is_dir():
            raise InvalidValueError(
                f"expected ZOO_DATA to be a folder, got {given!r}",
                hint="Set it to a folder with files of data sets, or unset it.",
            )
        # The folder of its name first, because some data sets have files with the same names.
        yield folder / name
        yield folder
    yield SYSTEM / name


def _find_form(folder: Path, origin: Origin) -> LocalFiles | None:
    missing = {}
    for form in origin.forms:
        missing[form] = [file for file in form.files if not (folder / file).is_file()]
        if not missing[form]:
            return LocalFiles(folder, form)
    # The error is about the most complete form. A folder with some of the files is an error instead
    # of a reason to download all, because the user expects them to be there.
    form = min(origin.forms, key=lambda form: len(missing[form]) / len(form.files))
    if len(missing[form]) == len(form.files):
        return None
    raise DataError(
        f"{folder} contains {len(form.files) - len(missing[form])} of the {len(form.files)} files "
        f"of {origin.name}; missing: {', '.join(missing[form])}",
        hint="Put all of them there, or name another folder with --data-dir or ZOO_DATA.",
    )
