"""Files of data sets, checked, and unpacked to where torchvision's classes read them."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, TYPE_CHECKING

from zoo_core.plugin_api import DataError, VerificationError, one_line
from zoo_torchvision.datasets.files import Origin
from zoo_torchvision.datasets.local_files import LocalFiles

if TYPE_CHECKING:
    from zoo_torchvision.datasets.torchvision_metadata import Remotes

HINT = "Put the right file there, or name another folder with --data-dir or ZOO_DATA."

_MALFORMED = (
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    tarfile.TarError,
    zipfile.BadZipFile,
    KeyError,  # of a file that is not in an archive
)


def check(origin: Origin, found: LocalFiles, remotes: Remotes) -> None:
    """Hold files that were there against what torchvision knows of them.

    Raises:
        VerificationError: one is another file.
        DataError: one cannot be read.
    """
    if origin.contents:
        return  # they are looked at once they are unpacked
    for name, path in zip(found.form.files, found.paths(), strict=True):
        if name in remotes:
            check_md5(path, remotes[name].md5, what=str(path))


def check_md5(path: Path, due: str, *, what: str, hint: str = HINT) -> None:
    """Raise where a file, called `what` in the error, has another md5 than is due.

    Raises:
        VerificationError: it has.
        DataError: it cannot be read.
    """
    if (found := md5_of(path)) != due:
        raise VerificationError(f"{what} has the md5 {found}, it should be {due}", hint=hint)


def md5_of(*paths: Path) -> str:
    """Return the checksum of what is in files, one after the other.

    Raises:
        DataError: a file cannot be read.
    """
    digest = hashlib.md5(usedforsecurity=False)  # which no system forbids
    for path in paths:
        with _open(path) as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def unpack(origin: Origin, found: LocalFiles, root: Path) -> None:
    """Write what is in a data set's files into a folder, where torchvision's class reads it.

    Raises:
        DataError: a file is not packed as it should be.
        VerificationError: what is in one is not what it should be.
        OSError: the folder cannot be written to.
    """
    folder = root / origin.folder
    folder.mkdir(parents=True, exist_ok=True)
    for path in found.paths():
        try:
            for name, packed in _files_in(path, origin):
                target = folder / Path(name).name.removesuffix(".gz")
                _write(packed, target, gzipped=name.endswith(".gz"))
                _check_content(origin, path, target)
        except _MALFORMED as exc:
            raise DataError(f"{path} cannot be unpacked: {one_line(exc)}", hint=HINT) from exc


def _open(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as exc:
        raise DataError(f"{path} cannot be read: {exc.strerror}", hint=HINT) from exc


def _files_in(path: Path, origin: Origin) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the names of the files in an archive, and the files; of another file, itself."""
    with _open(path) as file:
        if path.suffix == ".zip":
            with zipfile.ZipFile(file) as archive:
                for name in origin.forms[1].files:
                    with archive.open(name) as inside:
                        yield name, inside
        elif path.suffixes[-2:] == [".tar", ".gz"]:
            with tarfile.open(fileobj=file) as tar:
                for name in origin.forms[1].files:
                    if (member := tar.extractfile(name)) is None:
                        raise tarfile.TarError(f"{name} in it is no file")
                    yield name, member
        else:
            yield path.name, file


def _write(packed: IO[bytes], target: Path, *, gzipped: bool) -> None:
    with target.open("wb") as file:
        if gzipped:
            with gzip.open(packed) as content:
                shutil.copyfileobj(content, file)
        else:
            shutil.copyfileobj(packed, file)


def _check_content(origin: Origin, path: Path, target: Path) -> None:
    if due := origin.contents.get(target.name):
        check_md5(target, due, what=f"what is in {path}")
    if origin.others and (whose := origin.others.get(md5_of(target))):
        raise VerificationError(f"{path} is of {whose}, not of {origin.name}", hint=HINT)
