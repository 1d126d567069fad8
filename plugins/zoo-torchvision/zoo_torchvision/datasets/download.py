"""Downloading the files of a data set from where torchvision has them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.plugin_api import ProgressBar, UnavailableError, VerificationError, download, is_set
from zoo_torchvision.datasets.files import Origin
from zoo_torchvision.datasets.local_files import LocalFiles
from zoo_torchvision.datasets.unpack import check_md5

if TYPE_CHECKING:
    from zoo_torchvision.datasets.torchvision_metadata import Remote, Remotes

MOST = 1 << 30
"""Bytes of a file, at most; the largest, of EMNIST, has 562 million."""

REDRAW = 0.1
"""Seconds between two drawings of the bar."""


def fetch(origin: Origin, remotes: Remotes, folder: Path) -> LocalFiles:
    """Download a data set's files into a folder, with a bar on a terminal.

    Raises:
        UnavailableError: a file cannot be had.
        VerificationError: a file is not the one that torchvision knows.
        DataError: it cannot be kept.
    """
    form = origin.forms[0]
    if is_set("ZOO_OFFLINE"):
        raise UnavailableError(
            f"the files of {origin.name} are not on this machine, and nobody is asked for them, "
            "as ZOO_OFFLINE is set",
            hint=f"Unset it, or {_without(origin)}",
        )
    with ProgressBar(quiet=True, text_first=True) as bar:
        bar.start()
        for file in form.files:
            _fetch(origin, remotes[file], folder / file, bar)
    return LocalFiles(folder, form)


def _fetch(origin: Origin, remote: Remote, path: Path, bar: ProgressBar) -> None:
    """Download a file from the first mirror that has it."""
    errors = []
    for url in remote.urls:
        try:
            with path.open("w+b") as file:
                download(url, file, max_bytes=MOST, on_progress=_Display(bar, path.name))
            check_md5(path, remote.md5, what=f"what {url} gives")
        except (UnavailableError, VerificationError) as exc:
            errors.append(exc)
        else:
            return
    raise type(errors[-1])(
        "; ".join(exc.problem for exc in errors), hint=f"Try again, or {_without(origin)}"
    ) from errors[-1]


class _Display:
    """Shows on a bar how far a download is."""

    def __init__(self, bar: ProgressBar, what: str) -> None:
        self._bar, self._what, self._drawn = bar, what, 0.0

    def __call__(self, taken: int, whole: int | None) -> None:
        now = time.perf_counter()
        if now - self._drawn > REDRAW or taken == whole:
            self._drawn = now
            total = None if whole is None else whole // 1000
            self._bar.update(taken // 1000, total, f"{self._what}, kB")


def _without(origin: Origin) -> str:
    """Say how to do without a download."""
    files = ", ".join(origin.forms[0].files)
    package = f" On Debian: apt install {origin.package}" if origin.package else ""
    return f"put {files} into a folder and name it with --data-dir or ZOO_DATA.{package}"
