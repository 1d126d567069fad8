"""Data sets as NumPy arrays, which is what crosses the plugin boundary."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError, VerificationError
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec

_CHUNK_BYTES = 1 << 24
"""Bytes of images that are looked at at once."""


@dataclass(frozen=True)
class Split:
    """Images and their labels.

    Attributes:
        images: uint8 ``(N, C, H, W)``, 0 to 255.
        labels: int64 ``(N, heads)``, each from 0 to the number of classes of its head less one.
        ahead: where the images lie in a file that memory does not hold: is told which rows are
            wanted soon. None where they are in memory.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    ahead: Callable[[NDArray[np.int64]], None] | None = None

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


Compose = Callable[[int, int, NDArray[np.int64]], Split]
"""``(seed, epoch, held_out) -> Split``: as many training images as are not held out, made anew.

It depends on its arguments alone, and nothing of the held-out rows is in any of the images.
"""


@dataclass(frozen=True)
class ArrayDataset:
    """A data set in memory.

    Attributes:
        splits: ``train`` and ``test`` at least.
        classes: for each head, the names of its classes.
        mean: mean of the training images' pixels, one number a channel, from 0 to 1.
        std: their standard deviation, likewise.
        compose: makes new training images, where that can be done.
    """

    splits: Mapping[str, Split]
    classes: tuple[tuple[str, ...], ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    compose: Compose | None = None

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
        return self._sha256

    @cached_property
    def _sha256(self) -> str:
        digest = hashlib.sha256(json.dumps(self.classes).encode())
        for name, split in sorted(self.splits.items()):
            digest.update(json.dumps([name, split.images.shape, split.labels.shape]).encode())
            for part in iter_chunks(split.images):
                digest.update(np.ascontiguousarray(part).data)
            digest.update(np.ascontiguousarray(split.labels).astype("<i8", copy=False).data)
        return digest.hexdigest()


def iter_chunks(images: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Give images part by part, none of which takes much memory."""
    step = max(1, _CHUNK_BYTES // math.prod(images.shape[1:]))
    for start in range(0, len(images), step):
        yield images[start : start + step]


def load_dataset(entry: Entry[DatasetSpec], *, expected: str | None = None) -> ArrayDataset:
    """Load a data set and hold it against what its spec declares.

    Args:
        entry: the data set.
        expected: the sha256 that a card states of it.

    Raises:
        DataError: it cannot be read, or has other shapes than declared.
        VerificationError: its content does not have the declared checksum, or not the card's.
    """
    spec = entry.spec
    if expected and spec.sha256:
        _check_card(spec, spec.sha256, expected)
    dataset = entry.resolve(spec.loader)(*([spec.address] if spec.address else []))
    for name, size in spec.sizes.items():
        split = dataset.splits.get(name)
        actual = None if split is None else (len(split), *split.images.shape[1:])
        if actual != (size, *spec.shape):
            raise DataError(
                f"split {name!r} of dataset {spec.name!r} has the shape {actual}, "
                f"plugin {entry.plugin.distribution} declares {(size, *spec.shape)}"
            )
    if spec.composable and dataset.compose is None:
        raise DataError(
            f"dataset {spec.name!r} cannot compose new images, "
            f"plugin {entry.plugin.distribution} declares that it can"
        )
    actual = dataset.sha256()
    if expected:
        _check_card(spec, actual, expected)
    if spec.sha256 and actual != spec.sha256:
        raise VerificationError(
            f"dataset {spec.name!r} has the sha256 {actual}, "
            f"plugin {entry.plugin.distribution} declares {spec.sha256}",
            hint=f"Reinstall {entry.plugin.distribution}.",
        )
    assert isinstance(dataset, ArrayDataset)
    return dataset


def _check_card(spec: DatasetSpec, sha256: str, expected: str) -> None:
    if sha256 != expected:
        raise VerificationError(
            f"the card is about {spec.name} with the sha256 {expected}, the one here has {sha256}"
        )
