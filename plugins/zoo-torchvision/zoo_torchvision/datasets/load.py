"""The data sets: files that are here or are fetched, made arrays once and kept as such."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from zoo_core import ArrayDataset
from zoo_core.plugin_api import (
    DataError,
    DatasetContent,
    load_or_create,
    one_line,
    scratch_folder,
    zoo_home,
)
from zoo_torchvision.datasets import files
from zoo_torchvision.datasets.files import Origin
from zoo_torchvision.datasets.local_files import LocalFiles, find_local_files
from zoo_torchvision.datasets.unpack import HINT, check, md5_of, unpack

VOUCHED = "torchvision"
"""The key of data that torchvision's checksums vouch for: there is one such content of each set."""


def load(origin: Origin) -> ArrayDataset:
    """Return a data set: as it is kept, else made of files that are there, else downloaded.

    Raises:
        InvalidValueError: ZOO_DATA names no folder.
        DataError: files are missing or malformed, or cannot be kept.
        UnavailableError: they are not here and cannot be downloaded.
        VerificationError: a file has not the checksum that it should have.
    """
    found = find_local_files(origin)
    key = VOUCHED if found is None or found.form.has_checksum else md5_of(*found.paths())
    return load_or_create(origin.name, key, lambda: _make(origin, found))


def _make(origin: Origin, found: LocalFiles | None) -> DatasetContent:
    # Imported here, because none of it is needed once the data set is kept.
    from zoo_torchvision.datasets import download, torchvision_metadata

    remotes = torchvision_metadata.remotes(origin.name)
    with scratch_folder(Path(zoo_home(), "datasets", f"{origin.name}-files")) as scratch:
        if found:
            check(origin, found, remotes)
        present = found or download.fetch(origin, remotes, scratch)
        unpack(origin, present, scratch / "unpacked")
        return _read(origin, present, scratch / "unpacked")


def _read(origin: Origin, files: LocalFiles, root: Path) -> DatasetContent:
    """Return what torchvision's class makes of unpacked files, in memory."""
    from zoo_torchvision.datasets.torchvision_metadata import read

    try:
        train, classes = read(origin.name, root, train=True)
        test, _ = read(origin.name, root, train=False)
    except Exception as exc:
        raise DataError(
            f"the files of {origin.name} in {files.folder} are not what they should be: "
            f"{one_line(exc)}",
            hint=HINT,
        ) from exc
    return DatasetContent(
        splits={"train": (len(train), [train]), "test": (len(test), [test])},
        shape=train.images.shape[1:],
        classes=(classes,),
    )


fashion_mnist = partial(load, files.FASHION_MNIST)
kmnist = partial(load, files.KMNIST)
qmnist = partial(load, files.QMNIST)
emnist_letters = partial(load, files.EMNIST_LETTERS)
usps = partial(load, files.USPS)
cifar10 = partial(load, files.CIFAR10)
cifar100 = partial(load, files.CIFAR100)
svhn = partial(load, files.SVHN)
