"""torchvision's metadata of each data set: addresses and checksums of files, and readers.

Importing this module imports torchvision, which takes longer than loading a cached data set.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torchvision import datasets

from zoo_core import Split


@dataclass(frozen=True)
class Remote:
    """A file that torchvision downloads.

    Attributes:
        md5: checksum of the file.
        urls: one address per mirror; empty for a file that is only available inside an archive.
    """

    md5: str
    urls: tuple[str, ...] = ()


Remotes = Mapping[str, Remote]
"""Files by the paths in `FileForm.files`."""

_CLASSES: dict[str, Any] = {
    "fashion-mnist": datasets.FashionMNIST,
    "kmnist": datasets.KMNIST,
    "qmnist": datasets.QMNIST,
    "emnist-letters": datasets.EMNIST,
    "usps": datasets.USPS,
    "cifar10": datasets.CIFAR10,
    "cifar100": datasets.CIFAR100,
    "svhn": datasets.SVHN,
}

_DIGITS = "0123456789"


def remotes(name: str) -> Remotes:
    """Return the files of a data set, as listed in the attributes of torchvision's class."""
    cls = _CLASSES[name]
    # Each family of classes has attributes of its own. They are undocumented, so a test compares
    # them with `files`.
    match name:
        case "fashion-mnist" | "kmnist":
            return {
                file: Remote(md5, tuple(mirror + file for mirror in cls.mirrors))
                for file, md5 in cls.resources
            }
        case "qmnist":
            files = cls.resources["train"] + cls.resources["test"]
            return {url.rpartition("/")[2]: Remote(md5, (url,)) for url, md5 in files}
        case "emnist-letters":
            return {"gzip.zip": Remote(cls.md5, (cls.url,))}
        case "usps" | "svhn":
            # Not all of `split_list`, because SVHN's has the extra training images too.
            files = [cls.split_list[split] for split in ("train", "test")]
            return {file: Remote(md5, (url,)) for url, file, md5 in files}
        case _:  # CIFAR: the archive, and each file in it
            batches = [*cls.train_list, *cls.test_list, (cls.meta["filename"], cls.meta["md5"])]
            inside = {f"{cls.base_folder}/{file}": Remote(md5) for file, md5 in batches}
            return {cls.filename: Remote(cls.tgz_md5, (cls.url,)), **inside}


def read(name: str, root: Path, *, train: bool) -> tuple[Split, tuple[str, ...]]:
    """Read a split of a data set, and the names of its classes, with torchvision's class.

    Args:
        name: name of the data set.
        root: folder in which `Origin.folder` contains the unpacked files.
        train: True for the training split, False for the test split.

    Raises:
        Exception: the files are malformed; torchvision's classes raise errors of many types.
    """
    with warnings.catch_warnings():
        # NumPy 2.4.0 to 2.4.4 warns about the old names of types in the pickles of CIFAR.
        warnings.filterwarnings("ignore", category=np.exceptions.VisibleDeprecationWarning)
        images, labels, classes = _read(name, root, train)
    # Contiguous, because some readers return transposed views.
    images, labels = np.ascontiguousarray(images), np.asarray(labels, np.int64)
    return Split(images, (labels,)), tuple(classes)


def _read(name: str, root: Path, train: bool) -> tuple[Any, Any, Any]:
    """Return images ``(N, C, H, W)``, labels ``(N,)`` and the names of the classes."""
    cls, split = _CLASSES[name], "train" if train else "test"
    match name:
        case "qmnist":
            found = cls(root, what=split)
            # A row of labels has the digit first, then its writer and other facts.
            return found.data.numpy()[:, np.newaxis], found.targets[:, 0], _DIGITS
        case "emnist-letters":
            found = cls(root, split="letters", train=train)
            # In the files, images are transposed and the label of the letter a is 1.
            upright = found.data.numpy().swapaxes(1, 2)[:, np.newaxis]
            return upright, found.targets - 1, found.classes[1:]
        case "svhn":
            found = cls(root, split=split)  # the class changes the label 10 of the digit 0 to 0
            return found.data, found.labels, _DIGITS
    found = cls(root, train=train)
    match name:
        case "usps":
            return found.data[:, np.newaxis], found.targets, _DIGITS
        case "cifar10" | "cifar100":
            return found.data.transpose(0, 3, 1, 2), found.targets, found.classes  # from NHWC
        case _:  # MNIST's format: (N, 28, 28)
            return found.data.numpy()[:, np.newaxis], found.targets, found.classes
