"""Small data sets of random images, in the formats of the real ones."""

from __future__ import annotations

import bz2
import gzip
import io
import pickle
import struct
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.io import savemat
from torchvision import datasets

from zoo_torchvision.datasets import files, load

SIZES = {"train": 20, "test": 12}


@dataclass(frozen=True)
class Sample:
    """A small data set of random images, in the format of a real one.

    Attributes:
        name: name of the data set.
        images: expected images by split, uint8 ``(N, C, H, W)``.
        labels: expected labels by split, int64 ``(N,)``.
        files: content of the downloaded files by name.
        inside: content of the archive's files by path; empty if there is no archive.
    """

    name: str
    images: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    files: dict[str, bytes]
    inside: dict[str, bytes]

    @property
    def origin(self):
        return getattr(files, self.name.upper().replace("-", "_"))

    def load(self):
        return load.load(self.origin)

    def equals(self, dataset) -> bool:
        return all(
            np.array_equal(dataset.splits[split].inputs, self.images[split])
            and np.array_equal(dataset.splits[split].targets[0], self.labels[split])
            for split in SIZES
        )

    def form(self, number: int) -> dict[str, bytes]:
        """Return the content by path of the files of one accepted form."""
        known = {**self.files, **self.inside}
        known |= {path.removeprefix("gzip/"): content for path, content in known.items()}
        gzipped = {path for path in known if path.endswith("ubyte.gz") or path.endswith("int.gz")}
        known |= {path.removesuffix(".gz"): gzip.decompress(known[path]) for path in gzipped}
        return {path: known[path] for path in self.origin.forms[number].files}

    def write(self, folder: Path, number: int = 0, **changed: bytes) -> Path:
        for path, content in {**self.form(number), **changed}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    """Return an array as an IDX file of type 8, unsigned bytes, or 12, 32-bit integers."""
    header = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype({8: np.uint8, 12: ">i4"}[kind]).tobytes()


def make_sample(name: str) -> Sample:
    shape, classes, write = _FORMATS[name]
    rng = np.random.default_rng(len(name))
    images = {s: rng.integers(0, 256, (size, *shape), np.uint8) for s, size in SIZES.items()}
    labels = {s: rng.integers(0, classes, size) for s, size in SIZES.items()}
    labels["train"][:2] = 0, classes - 1
    return Sample(name, images, labels, *write(images, labels))


def _mnist(images, labels):
    files = {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        files[f"{prefix}-images-idx3-ubyte.gz"] = gzip.compress(idx(images[split][:, 0]))
        files[f"{prefix}-labels-idx1-ubyte.gz"] = gzip.compress(idx(labels[split]))
    return files, {}


def _qmnist(images, labels):
    files = {}
    for split in SIZES:
        rows = np.arange(8 * len(labels[split])).reshape(-1, 8)  # writer and other facts
        rows[:, 0] = labels[split]
        files[f"qmnist-{split}-images-idx3-ubyte.gz"] = gzip.compress(idx(images[split][:, 0]))
        files[f"qmnist-{split}-labels-idx2-int.gz"] = gzip.compress(idx(rows, 12))
    return files, {}


def _emnist(images, labels):
    inside = {}
    for split in SIZES:
        lying, numbered = images[split][:, 0].swapaxes(1, 2), labels[split] + 1
        prefix = f"gzip/emnist-letters-{split}"
        inside[f"{prefix}-images-idx3-ubyte.gz"] = gzip.compress(idx(lying))
        inside[f"{prefix}-labels-idx1-ubyte.gz"] = gzip.compress(idx(numbered))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path, content in {"gzip/emnist-digits.gz": b"unused", **inside}.items():
            archive.writestr(path, content)
    return {"gzip.zip": file.getvalue()}, inside


def _usps(images, labels):
    files = {}
    for split, name in (("train", "usps.bz2"), ("test", "usps.t.bz2")):
        lines = []
        for image, label in zip(images[split], labels[split], strict=True):
            # Between two bytes, because torchvision truncates to integers.
            pixels = ((image.ravel() + 0.5).clip(max=255) / 255 * 2 - 1).tolist()
            numbered = " ".join(f"{i}:{pixel:.6f}" for i, pixel in enumerate(pixels, 1))
            lines.append(f"{label + 1} {numbered} \n")
        files[name] = bz2.compress("".join(lines).encode())
    return files, {}


def pickled(content: object) -> bytes:
    """Return a pickle as written by Python 2 and its NumPy, like those of CIFAR."""
    written = pickle.dumps(content, protocol=2).replace(b"numpy._core", b"numpy.core")
    # A type's flags were 0 and 1; today they are written as False and True.
    return written.replace(b"\x89\x88\x87", b"K\x00K\x01\x87")


def _cifar(cls, key, images, labels):
    def batch(split, rows):
        flat = images[split][rows].reshape(-1, 3 * 32 * 32)
        return pickled({"data": flat, key: labels[split][rows].tolist()})

    step = SIZES["train"] // len(cls.train_list)
    parts = {
        file: batch("train", slice(i * step, (i + 1) * step))
        for i, (file, _) in enumerate(cls.train_list)
    }
    parts[cls.test_list[0][0]] = batch("test", slice(None))
    names = [f"class {i}" for i in range(100 if key == "fine_labels" else 10)]
    parts[cls.meta["filename"]] = pickled({cls.meta["key"]: names})
    inside = {f"{cls.base_folder}/{name}": content for name, content in parts.items()}
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for path, content in inside.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return {cls.filename: file.getvalue()}, inside


def _svhn(images, labels):
    files = {}
    for split in SIZES:
        file = io.BytesIO()
        digits = np.where(labels[split] == 0, 10, labels[split]).astype(np.uint8)
        savemat(file, {"X": images[split].transpose(2, 3, 1, 0), "y": digits[:, np.newaxis]})
        files[f"{split}_32x32.mat"] = file.getvalue()
    return files, {}


_GRAY, _COLOR = (1, 28, 28), (3, 32, 32)

_FORMATS = {
    "fashion-mnist": (_GRAY, 10, _mnist),
    "kmnist": (_GRAY, 10, _mnist),
    "qmnist": (_GRAY, 10, _qmnist),
    "emnist-letters": (_GRAY, 26, _emnist),
    "usps": ((1, 16, 16), 10, _usps),
    "cifar10": (_COLOR, 10, lambda *of: _cifar(datasets.CIFAR10, "labels", *of)),
    "cifar100": (_COLOR, 100, lambda *of: _cifar(datasets.CIFAR100, "fine_labels", *of)),
    "svhn": (_COLOR, 10, _svhn),
}

NAMES = tuple(_FORMATS)
