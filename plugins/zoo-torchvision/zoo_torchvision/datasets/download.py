"""Download of a data set's files from torchvision's mirrors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.plugin_api import UnavailableError, VerificationError, download
from zoo_torchvision.datasets.files import Origin
from zoo_torchvision.datasets.local_files import LocalFiles
from zoo_torchvision.datasets.unpack import check_md5

if TYPE_CHECKING:
    from zoo_torchvision.datasets.torchvision_metadata import Remote, Remotes

MAX_BYTES = 1 << 30
"""Maximum bytes of a file; the largest, of EMNIST, has 562 million."""


def fetch(origin: Origin, remotes: Remotes, folder: Path) -> LocalFiles:
    """Download a data set's files into a folder.

    Raises:
        UnavailableError: A file cannot be downloaded from any mirror.
        VerificationError: A file does not have torchvision's checksum.
        DataError: A file cannot be written.
    """
    form = origin.forms[0]
    for file in form.files:
        _fetch(origin, remotes[file], folder / file)
    return LocalFiles(folder, form)


def _fetch(origin: Origin, remote: Remote, path: Path) -> None:
    """Download a file from the first mirror that has it."""
    errors = []
    for url in remote.urls:
        try:
            with path.open("wb") as file:  # emptied for each mirror, as `download` requires
                download(url, file, max_bytes=MAX_BYTES)
            check_md5(path, remote.md5, what=url)
        except (UnavailableError, VerificationError) as exc:
            # The next mirror may have a file that this one lacks or has damaged.
            errors.append(exc)
        else:
            return
    # All reasons, because the last mirror's is not always the one that a user can change.
    raise type(errors[-1])(
        "; ".join(exc.problem for exc in errors), hint=f"Try again, or {_without(origin)}"
    ) from errors[-1]


def _without(origin: Origin) -> str:
    """Return the hint for a data set that cannot be downloaded."""
    files = ", ".join(origin.forms[0].files)
    package = f" On Debian: apt install {origin.package}" if origin.package else ""
    return f"put {files} into a folder and name it with --data-dir or ZOO_DATA.{package}"
