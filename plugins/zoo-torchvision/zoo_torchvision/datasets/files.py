"""Names of the files of each data set.

Their addresses and most checksums are torchvision's, see `torchvision_metadata`. That is another
module because importing torchvision takes longer than loading a cached data set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FileForm:
    """A set of files that contains a complete data set.

    Attributes:
        files: paths of the files in their common folder.
        has_checksum: True if each file has a published checksum.
    """

    files: tuple[str, ...]
    has_checksum: bool = True


@dataclass(frozen=True)
class Origin:
    """The files of a data set, in every accepted form.

    Attributes:
        name: name of the data set.
        forms: accepted forms. The first one is downloaded; if it is an archive, the second one
            lists the files in it.
        folder: folder from which torchvision's class reads the unpacked files.
        contents: md5 of the uncompressed content by file name, if the compressed file may vary.
        others: data sets with files of the same names, by the md5 of an uncompressed file.
        package: Debian package that contains the data set.
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
    # Debian's files were compressed again, so that gzip's header (file name and date) and thus the
    # checksum differ from torchvision's. These checksums are of the uncompressed content.
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
    # Its files have the same names as those of MNIST and Fashion-MNIST. The checksums are of their
    # uncompressed training images.
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

# Without extra_32x32.mat, torchvision's split "extra".
SVHN = Origin("svhn", (FileForm(("train_32x32.mat", "test_32x32.mat")),))
