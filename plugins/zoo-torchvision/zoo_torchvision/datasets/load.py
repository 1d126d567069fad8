"""Loaders of the data sets: from zoo's cache, from local files, or by download."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from zoo_core import ArrayDataset, InputSpec, Split, class_targets
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
"""Cache key of data whose files have torchvision's checksums: their content is always the same."""


def load(origin: Origin) -> ArrayDataset:
    """Return a data set from zoo's cache, or from local files, or by download.

    Raises:
        InvalidValueError: ZOO_DATA is not a folder.
        DataError: files are missing or malformed, or the cache cannot be written to.
        UnavailableError: the files are not on this machine and cannot be downloaded.
        VerificationError: a file does not have the expected checksum.
    """
    # Local files are searched even if the data set is cached: without a published checksum, their
    # content is part of the cache key, so that changed files never return the old arrays.
    found = find_local_files(origin)
    key = VOUCHED if found is None or found.form.has_checksum else md5_of(*found.paths())
    return load_or_create(origin.name, key, lambda: _make(origin, found))


def _make(origin: Origin, found: LocalFiles | None) -> DatasetContent:
    # Imported here, because a cached data set loads without torchvision.
    from zoo_torchvision.datasets import download, torchvision_metadata

    remotes = torchvision_metadata.remotes(origin.name)
    with scratch_folder(Path(zoo_home(), "datasets", f"{origin.name}-files")) as scratch:
        if found:
            check(origin, found, remotes)  # before anything is read: CIFAR's files are pickles
        present = found or download.fetch(origin, remotes, scratch)
        unpack(origin, present, scratch / "unpacked")
        return _read(origin, present, scratch / "unpacked")


def _read(origin: Origin, files: LocalFiles, root: Path) -> DatasetContent:
    """Read unpacked files into memory with torchvision's class."""
    from zoo_torchvision.datasets.torchvision_metadata import read

    try:
        train, classes = read(origin.name, root, train=True)
        test, _ = read(origin.name, root, train=False)
        _check_labels(train, len(classes))
        _check_labels(test, len(classes))
    except Exception as exc:  # torchvision's readers do not validate what they parse
        raise DataError(
            f"the files of {origin.name} in {files.folder} are malformed: {one_line(exc)}",
            hint=HINT,
        ) from exc
    return DatasetContent(
        # One batch per split: torchvision has already read it into memory.
        splits={"train": [train], "test": [test]},
        input=InputSpec(shape=train.inputs.shape[1:]),
        targets=class_targets(classes),
    )


def _check_labels(split: Split, classes: int) -> None:
    (labels,) = split.targets
    if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
        raise ValueError(
            f"expected labels from 0 to {classes - 1}, got {labels.min()} to {labels.max()}"
        )


fashion_mnist = partial(load, files.FASHION_MNIST)
kmnist = partial(load, files.KMNIST)
qmnist = partial(load, files.QMNIST)
emnist_letters = partial(load, files.EMNIST_LETTERS)
usps = partial(load, files.USPS)
cifar10 = partial(load, files.CIFAR10)
cifar100 = partial(load, files.CIFAR100)
svhn = partial(load, files.SVHN)
