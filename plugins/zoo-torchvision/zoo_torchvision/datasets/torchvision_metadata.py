"""torchvision's metadata of each data set: addresses and checksums of files, and readers.

Heavy to import; see `origins`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torchvision import datasets

from zoo_core import Split


@dataclass(frozen=True)
class Remote:
    """A file as torchvision knows it.

    Attributes:
        md5: its checksum.
        urls: where it can be had, one a mirror; none for what only comes in an archive.
    """

    md5: str
    urls: tuple[str, ...] = ()


Remotes = Mapping[str, Remote]
"""By the paths that `origins.Form` names."""

Part = tuple[Split, tuple[str, ...]]
"""Images and labels, and the names of the classes."""


def remotes(name: str) -> Remotes:
    """Return what torchvision knows of a data set's files."""
    return _REMOTES[name]()


def read(name: str, root: Path, *, train: bool) -> Part:
    """Return a part of a data set, as torchvision's class reads it.

    Args:
        name: of the data set.
        root: where the class finds the unpacked files, in `origins.Origin.folder`.
        train: the training images, else the test images.

    Raises:
        Exception: whatever the class raises over files that are not what they should be.
    """
    with warnings.catch_warnings():
        # NumPy 2.4.0 to 2.4.4 dislikes how the pickles of CIFAR, which are older, name its types.
        warnings.filterwarnings("ignore", category=np.exceptions.VisibleDeprecationWarning)
        images, labels, classes = _READERS[name](root, train)
    return Split(np.ascontiguousarray(images), _column(labels)), tuple(classes)


def _column(labels: Any) -> NDArray[np.int64]:
    return np.asarray(labels, np.int64).reshape(-1, 1)


def _mirrored(cls: Any) -> Remotes:
    return {
        file: Remote(md5, tuple(mirror + file for mirror in cls.mirrors))
        for file, md5 in cls.resources
    }


def _of_qmnist() -> Remotes:
    files = datasets.QMNIST.resources
    return {
        url.rpartition("/")[2]: Remote(md5, (url,)) for url, md5 in files["train"] + files["test"]
    }


def _of_emnist() -> Remotes:
    cls = datasets.EMNIST
    return {"gzip.zip": Remote(cls.md5, (cls.url,))}


def _of_splits(cls: Any) -> Remotes:
    files = (cls.split_list[split] for split in ("train", "test"))
    return {file: Remote(md5, (url,)) for url, file, md5 in files}


def _of_cifar(cls: Any) -> Remotes:
    batches = [*cls.train_list, *cls.test_list, (cls.meta["filename"], cls.meta["md5"])]
    inside = {f"{cls.base_folder}/{file}": Remote(md5) for file, md5 in batches}
    return {cls.filename: Remote(cls.tgz_md5, (cls.url,)), **inside}


def _read_mnist(cls: Any, root: Path, train: bool) -> Any:
    found = cls(root, train=train)
    return found.data.numpy()[:, np.newaxis], found.targets, found.classes


def _read_qmnist(root: Path, train: bool) -> Any:
    found = datasets.QMNIST(root, what="train" if train else "test")
    # A row of labels says who wrote the digit, and more; the first number is the digit.
    return found.data.numpy()[:, np.newaxis], found.targets[:, 0], "0123456789"


def _read_emnist_letters(root: Path, train: bool) -> Any:
    found = datasets.EMNIST(root, split="letters", train=train)
    # In the files each image lies on its side, mirrored; and a is 1.
    return (
        found.data.numpy().swapaxes(1, 2)[:, np.newaxis],
        found.targets - 1,
        found.classes[1:],
    )


def _read_usps(root: Path, train: bool) -> Any:
    found = datasets.USPS(root, train=train)
    return found.data[:, np.newaxis], found.targets, "0123456789"


def _read_cifar(cls: Any, root: Path, train: bool) -> Any:
    found = cls(root, train=train)
    return found.data.transpose(0, 3, 1, 2), found.targets, found.classes


def _read_svhn(root: Path, train: bool) -> Any:
    found = datasets.SVHN(root, split="train" if train else "test")
    return found.data, found.labels, "0123456789"


_REMOTES: dict[str, Callable[[], Remotes]] = {
    "fashion-mnist": partial(_mirrored, datasets.FashionMNIST),
    "kmnist": partial(_mirrored, datasets.KMNIST),
    "qmnist": _of_qmnist,
    "emnist-letters": _of_emnist,
    "usps": partial(_of_splits, datasets.USPS),
    "cifar10": partial(_of_cifar, datasets.CIFAR10),
    "cifar100": partial(_of_cifar, datasets.CIFAR100),
    "svhn": partial(_of_splits, datasets.SVHN),
}

_READERS: dict[str, Callable[[Path, bool], Any]] = {
    "fashion-mnist": partial(_read_mnist, datasets.FashionMNIST),
    "kmnist": partial(_read_mnist, datasets.KMNIST),
    "qmnist": _read_qmnist,
    "emnist-letters": _read_emnist_letters,
    "usps": _read_usps,
    "cifar10": partial(_read_cifar, datasets.CIFAR10),
    "cifar100": partial(_read_cifar, datasets.CIFAR100),
    "svhn": _read_svhn,
}
