"""Data sets as NumPy arrays, which is what crosses the plugin boundary."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_core.catalog import Entry
from zoo_core.errors import DataError, VerificationError
from zoo_core.specs import DatasetSpec


@dataclass(frozen=True)
class Split:
    """Images and their labels.

    Attributes:
        images: uint8 ``(N, C, H, W)``, 0 to 255.
        labels: int64 ``(N, heads)``, each from 0 to the number of classes of its head less one.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise DataError(
                f"images must be uint8 (N, C, H, W), got {self.images.dtype} {self.images.shape}"
            )
        if self.labels.dtype != np.int64 or self.labels.ndim != 2:
            raise DataError(
                f"labels must be int64 (N, heads), got {self.labels.dtype} {self.labels.shape}"
            )
        if len(self.images) != len(self.labels) or not len(self.images):
            raise DataError(f"got {len(self.images)} images and {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class Preprocessing:
    """What is done to the pixels before a model sees them: ``(image / 255 - mean) / std``.

    Attributes:
        mean: one number a channel, on the scale from 0 to 1.
        std: likewise.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class ArrayDataset:
    """A data set in memory.

    Attributes:
        splits: ``train`` and ``test`` at least.
        classes: for each head, the names of its classes.
        mean: mean of the training images' pixels, one number a channel, from 0 to 1.
        std: their standard deviation, likewise.
    """

    splits: Mapping[str, Split]
    classes: tuple[tuple[str, ...], ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, split in self.splits.items():
            if split.labels.shape[1] != len(self.classes):
                raise DataError(
                    f"split {name!r} has {split.labels.shape[1]} labels an image "
                    f"for {len(self.classes)} heads"
                )
            for head, classes in enumerate(self.classes):
                low, high = split.labels[:, head].min(), split.labels[:, head].max()
                if low < 0 or high >= len(classes):
                    raise DataError(
                        f"split {name!r} has labels from {low} to {high} in head {head}, "
                        f"which has the classes 0 to {len(classes) - 1}"
                    )

    def sha256(self) -> str:
        """Return the checksum of images, labels and class names."""
        digest = hashlib.sha256(json.dumps(self.classes).encode())
        for name, split in sorted(self.splits.items()):
            digest.update(json.dumps([name, split.images.shape, split.labels.shape]).encode())
            digest.update(np.ascontiguousarray(split.images).data)
            digest.update(np.ascontiguousarray(split.labels).astype("<i8", copy=False).data)
        return digest.hexdigest()


@dataclass(frozen=True)
class TrainingData:
    """A data set, and which of its training images are trained on.

    Attributes:
        dataset: all of it; no image is copied.
        train_rows: int64, the rows of ``dataset.splits["train"]`` to train on.
        validation_rows: int64, the other rows, on which the best epoch is chosen.
        preprocessing: what the model sees of an image.
    """

    dataset: ArrayDataset
    train_rows: NDArray[np.int64]
    validation_rows: NDArray[np.int64]
    preprocessing: Preprocessing

    @property
    def train(self) -> Split:
        return self.dataset.splits["train"]

    @property
    def validation(self) -> Split:
        rows = self.validation_rows
        return Split(self.train.images[rows], self.train.labels[rows])

    @property
    def test(self) -> Split:
        return self.dataset.splits["test"]

    def order(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """Return the rows to train on in `epoch` (from 1), in order: a pure function."""
        return self.train_rows[permutation(len(self.train_rows), seed, epoch)]


def load_dataset(entry: Entry[DatasetSpec]) -> ArrayDataset:
    """Load a data set and hold it against what its spec declares.

    Raises:
        DataError: it cannot be read, or has other shapes than declared.
        VerificationError: its content does not have the declared checksum.
    """
    spec = entry.spec
    dataset = entry.resolve(spec.loader)()
    for name, size in spec.sizes.items():
        split = dataset.splits.get(name)
        found = None if split is None else (len(split), *split.images.shape[1:])
        if found != (size, *spec.shape):
            raise DataError(
                f"split {name!r} of dataset {spec.name!r} has the shape {found}, "
                f"plugin {entry.plugin.distribution} declares {(size, *spec.shape)}"
            )
    if (found := dataset.sha256()) != spec.sha256:
        raise VerificationError(
            f"dataset {spec.name!r} has the sha256 {found}, "
            f"plugin {entry.plugin.distribution} declares {spec.sha256}",
            hint=f"Reinstall {entry.plugin.distribution}.",
        )
    assert isinstance(dataset, ArrayDataset)
    return dataset


def split_rows(
    size: int, validation: float, seed: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part the rows 0 … size-1 into those to train on and those held out for validation.

    Args:
        size: number of rows, at least 2.
        validation: share of the rows for validation, above 0 and below 1.
        seed: of the permutation that draws them; None to hold out the last rows.

    Returns:
        Two disjoint sorted arrays, neither empty, that hold every row between them.
    """
    train = size - validation_size(size, validation)
    rows = np.arange(size) if seed is None else permutation(size, seed)
    return np.sort(rows[:train]), np.sort(rows[train:])


def validation_size(size: int, validation: float) -> int:
    """Return how many of `size` rows are held out: the share, rounded, and neither none nor all."""
    return min(max(round(size * validation), 1), size - 1)


def permutation(size: int, *seed: int) -> NDArray[np.int64]:
    """Return the numbers 0 … size-1 in an order that depends on nothing but the seed.

    NumPy promises that a bit generator's raw numbers stay the same in every version, and does not
    promise it of ``Generator.permutation``; so the order is that of raw numbers.
    """
    return np.argsort(np.random.PCG64(seed).random_raw(size), kind="stable")
