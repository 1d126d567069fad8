"""Patches of torchvision's metadata, so that small data sets pass for the real ones."""

from __future__ import annotations

import hashlib

from small_sets import SIZES, Sample
from torchvision import datasets


def md5_of(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def _patch_mnist(cls):
    def patches(sample, url):
        resources = [(file, md5_of(content)) for file, content in sample.files.items()]
        return [(cls, "mirrors", [f"{url}/"]), (cls, "resources", resources)]

    return patches


def _patch_qmnist(sample, url):
    rows = [(f"{url}/{file}", md5_of(content)) for file, content in sample.files.items()]
    return [("QMNIST", "resources", {"train": rows[:2], "test": rows[2:]})]


def _patch_emnist(sample, url):
    archive = sample.files["gzip.zip"]
    return [("EMNIST", "url", f"{url}/gzip.zip"), ("EMNIST", "md5", md5_of(archive))]


def _patch_splits(cls):
    def patches(sample, url):
        rows = [[f"{url}/{file}", file, md5_of(content)] for file, content in sample.files.items()]
        return [(cls, "split_list", dict(zip(SIZES, rows, strict=True)))]

    return patches


def _patch_cifar(cls):
    def patches(sample, url):
        ((file, archive),) = sample.files.items()
        *trains, test, meta = [
            [path.rpartition("/")[2], md5_of(content)] for path, content in sample.inside.items()
        ]
        known = getattr(datasets, cls).meta
        return [
            (cls, "url", f"{url}/{file}"),
            (cls, "tgz_md5", md5_of(archive)),
            (cls, "train_list", trains),
            (cls, "test_list", [test]),
            (cls, "meta", {**known, "md5": meta[1]}),
        ]

    return patches


_PATCHES = {
    "fashion-mnist": _patch_mnist("FashionMNIST"),
    "kmnist": _patch_mnist("KMNIST"),
    "qmnist": _patch_qmnist,
    "emnist-letters": _patch_emnist,
    "usps": _patch_splits("USPS"),
    "cifar10": _patch_cifar("CIFAR10"),
    "cifar100": _patch_cifar("CIFAR100"),
    "svhn": _patch_splits("SVHN"),
}


def patches_of(sample: Sample, url: str) -> list[tuple[str, str, object]]:
    """Return the patches for a data set: class, attribute and value."""
    return _PATCHES[sample.name](sample, url)
