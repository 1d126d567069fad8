"""Verification of a data set's files, and unpacking for torchvision's classes."""

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
    KeyError,  # raised by zipfile and tarfile for a missing member
)


def check(origin: Origin, found: LocalFiles, remotes: Remotes) -> None:
    """Compare local files with torchvision's checksums.

    Raises:
        VerificationError: a file has a different checksum.
        DataError: a file cannot be read.
    """
    if origin.contents:
        return  # `unpack` compares the unpacked files, since these may be compressed differently
    for name, path in zip(found.form.files, found.paths(), strict=True):
        if name in remotes:  # files without a published checksum are accepted, see `FileForm`
            check_md5(path, remotes[name].md5, what=str(path))


def check_md5(path: Path, expected: str, *, what: str, hint: str = HINT) -> None:
    """Compare the checksum of a file, called `what` in the error, with the expected one.

    Raises:
        VerificationError: the file has a different checksum.
        DataError: the file cannot be read.
    """
    if (md5 := md5_of(path)) != expected:
        raise VerificationError(
            f"checksum mismatch for {what}: expected md5 {expected}, got {md5}", hint=hint
        )


def md5_of(*paths: Path) -> str:
    """Return the checksum of the concatenated content of files.

    Raises:
        DataError: a file cannot be read.
    """
    # Not for security, as md5 is forbidden otherwise on systems in FIPS mode. torchvision publishes
    # no stronger checksums.
    digest = hashlib.md5(usedforsecurity=False)
    for path in paths:
        with _open(path) as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def unpack(origin: Origin, found: LocalFiles, root: Path) -> None:
    """Unpack a data set's files into the folder that torchvision's class reads.

    Raises:
        DataError: a file is not packed as expected.
        VerificationError: the content of a file has a different checksum.
        OSError: the folder cannot be written to.
    """
    folder = root / origin.folder
    folder.mkdir(parents=True, exist_ok=True)
    for path in found.paths():
        try:
            for name, packed in _files_in(path, origin):
                # Only the base name: no path that an archive contains decides where to write.
                target = folder / Path(name).name.removesuffix(".gz")
                with (
                    gzip.open(packed) if name.endswith(".gz") else packed as content,
                    target.open("wb") as file,
                ):
                    shutil.copyfileobj(content, file)
                _check_content(origin, path, target)
        except _MALFORMED as exc:
            raise DataError(f"{path} cannot be unpacked: {one_line(exc)}", hint=HINT) from exc


def _open(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as exc:
        raise DataError(f"{path} cannot be read: {exc.strerror}", hint=HINT) from exc


def _files_in(path: Path, origin: Origin) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the names and contents of the required files in an archive, or the file itself."""
    # Members are read one by one instead of extracting the archive, because EMNIST's contains five
    # other data sets.
    with _open(path) as file:
        if path.suffix == ".zip":
            with zipfile.ZipFile(file) as archive:
                for name in origin.forms[1].files:
                    yield name, archive.open(name)
        elif path.suffixes[-2:] == [".tar", ".gz"]:
            with tarfile.open(fileobj=file) as tar:
                for name in origin.forms[1].files:
                    member = tar.extractfile(name)
                    if member is None:  # for example a folder
                        raise tarfile.TarError(f"expected {name} to be a file")
                    yield name, member
        else:
            yield path.name, file


def _check_content(origin: Origin, path: Path, target: Path) -> None:
    if expected := origin.contents.get(target.name):
        check_md5(target, expected, what=f"the content of {path}")
    # KMNIST's files have the names of MNIST's, and its unpacked files have no published checksum.
    if origin.others and (owner := origin.others.get(md5_of(target))):
        raise VerificationError(f"{path} is from {owner}, not from {origin.name}", hint=HINT)
