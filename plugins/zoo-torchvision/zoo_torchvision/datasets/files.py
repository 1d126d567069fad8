"""The files that each data set is made of.

What torchvision knows of them, their addresses and checksums, is asked for in `known` and only
when it is needed: importing torchvision takes longer than loading a data set that is kept already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FileForm:
    """Files that hold a data set whole.

    Attributes:
        files: their paths in the folder that they lie in.
        has_checksum: whether there is a checksum for each.
    """

    files: tuple[str, ...]
    has_checksum: bool = True


@dataclass(frozen=True)
class Origin:
    """What a data set is made of.

    Attributes:
        name: of the data set.
        forms: any of them will do; the first is what is downloaded. Where that is an archive, the
            second is what is in it.
        folder: where torchvision's class looks for the files, once they are unpacked.
        contents: the md5 of what is in each file, where its packed form is no sign of that.
        others: the md5 of files of the same name that are not this data set's -> whose they are.
        package: of Debian, that has it.
    """

    name: str
    forms: tuple[FileForm, ...]
    folder: str = ""
    contents: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    package: str = ""


def _gz(*files: str) -> tuple[str, ...]:
    return tuple(f"{file}.gz" for file in files)


_MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

_QMNIST_FILES = (
    "qmnist-train-images-idx3-ubyte",
    "qmnist-train-labels-idx2-int",
    "qmnist-test-images-idx3-ubyte",
    "qmnist-test-labels-idx2-int",
)

_EMNIST_FILES = (
    "emnist-letters-train-images-idx3-ubyte",
    "emnist-letters-train-labels-idx1-ubyte",
    "emnist-letters-test-images-idx3-ubyte",
    "emnist-letters-test-labels-idx1-ubyte",
)

FASHION_MNIST = Origin(
    "fashion-mnist",
    (FileForm(_gz(*_MNIST_FILES)), FileForm(_MNIST_FILES)),
    folder="FashionMNIST/raw",
    # Debian has packed them anew. With gzip's old header before them, names and dates in it, its
    # files have torchvision's checksums; these are of what is in both.
    contents={
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    },
    package="dataset-fashion-mnist",
)

KMNIST = Origin(
    "kmnist",
    (FileForm(_gz(*_MNIST_FILES)), FileForm(_MNIST_FILES, has_checksum=False)),
    folder="KMNIST/raw",
    others={
        "6bbc9ace898e44ae57da46a324031adb": "MNIST",
        "f4a8712d7a061bf5bd6d2ca38dc4d50a": "Fashion-MNIST",
    },
)

QMNIST = Origin(
    "qmnist",
    (FileForm(_gz(*_QMNIST_FILES)), FileForm(_QMNIST_FILES, has_checksum=False)),
    folder="QMNIST/raw",
)

EMNIST_LETTERS = Origin(
    "emnist-letters",
    (
        FileForm(("gzip.zip",)),
        FileForm(tuple(f"gzip/{file}" for file in _gz(*_EMNIST_FILES)), has_checksum=False),
        FileForm(_gz(*_EMNIST_FILES), has_checksum=False),
        FileForm(_EMNIST_FILES, has_checksum=False),
    ),
    folder="EMNIST/raw",
)

USPS = Origin("usps", (FileForm(("usps.bz2", "usps.t.bz2")),))

CIFAR10 = Origin(
    "cifar10",
    (
        FileForm(("cifar-10-python.tar.gz",)),
        FileForm(
            tuple(
                f"cifar-10-batches-py/{file}"
                for file in (
                    *(f"data_batch_{i}" for i in range(1, 6)),
                    "test_batch",
                    "batches.meta",
                )
            )
        ),
    ),
    folder="cifar-10-batches-py",
)

CIFAR100 = Origin(
    "cifar100",
    (
        FileForm(("cifar-100-python.tar.gz",)),
        FileForm(tuple(f"cifar-100-python/{file}" for file in ("train", "test", "meta"))),
    ),
    folder="cifar-100-python",
)

SVHN = Origin("svhn", (FileForm(("train_32x32.mat", "test_32x32.mat")),))
