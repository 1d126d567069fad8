"""Data sets as NumPy arrays, the form in which plugins provide them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.examples import Examples
from zoo_core.errors import DataError, VerificationError
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec

_CHUNK_BYTES = 1 << 24
"""Maximum bytes of images per chunk."""


@dataclass(frozen=True)
class Split:
    """Images and their labels.

    Attributes:
        images: uint8 ``(N, C, H, W)``, 0 to 255.
        labels: int64 ``(N, heads)``, each at least 0 and below the number of its head's classes.
        ahead: callback that prefetches rows of memory-mapped images; None for images in memory.
        examples: identities of the images; None if the rows never change, as in a published file.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    ahead: Callable[[NDArray[np.int64]], None] | None = None
    examples: Examples | None = None

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise DataError(
                f"expected images uint8 (N, C, H, W), got {self.images.dtype} {self.images.shape}"
            )
        if self.labels.dtype != np.int64 or self.labels.ndim != 2:
            raise DataError(
                f"expected labels int64 (N, heads), got {self.labels.dtype} {self.labels.shape}"
            )
        if len(self.images) != len(self.labels) or not len(self.images):
            raise DataError(
                "expected as many images as labels, and at least 1, "
                f"got {len(self.images)} images and {len(self.labels)} labels"
            )
        if self.examples is not None and len(self.examples.keys) != len(self.images):
            raise DataError(
                f"expected as many keys as images, got {len(self.examples.keys)} keys and "
                f"{len(self.images)} images"
            )

    def __len__(self) -> int:
        return len(self.images)


Compose = Callable[[int, int, NDArray[np.int64]], Split]
"""``(seed, epoch, held_out) -> Split``: new training images, as many as rows that are not held out.

A pure function; its images contain nothing of the held-out rows.
"""


@dataclass(frozen=True)
class OriginalSizes:
    """Sizes of a user's images in their files, height and width.

    Attributes:
        number: number of different sizes.
        smallest: size with the fewest pixels.
        largest: size with the most pixels.
        enlarged: number of images that were enlarged to the shape of the data set.
    """

    number: int
    smallest: tuple[int, int]
    largest: tuple[int, int]
    enlarged: int = 0


@dataclass(frozen=True)
class ReadingFacts:
    """Facts about how a user's files became arrays; empty for other data sets.

    Attributes:
        split_rule: rule by which the images were split, as a sentence.
        pixel_ranges: kind of deep pixels -> the values that became 0 and 255
            (`zoo_core.data.images.pixel_ranges`).
        left_out: reason -> number of files that were left out for it.
        damaged: number of images that were skipped because they cannot be decoded.
        notes: other facts that a user should see before a training, as sentences.
        sizes: sizes of the images before they were resized; None if they are unknown.
    """

    split_rule: str = ""
    pixel_ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    damaged: int = 0
    notes: tuple[str, ...] = ()
    sizes: OriginalSizes | None = None


@dataclass(frozen=True)
class ArrayDataset:
    """A data set as arrays, in memory or memory-mapped.

    Attributes:
        splits: at least ``train`` and ``test``.
        classes: class names per head.
        mean: mean of the training images' pixels per channel, from 0 to 1.
        std: standard deviation of the training images' pixels per channel.
        compose: function that composes new training images, if the data set has one.
        facts: facts about how its files became arrays, if it was read from a user's files.
    """

    splits: Mapping[str, Split]
    classes: tuple[tuple[str, ...], ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    compose: Compose | None = None
    facts: ReadingFacts = ReadingFacts()

    def __post_init__(self) -> None:
        for name, split in self.splits.items():
            if split.labels.shape[1] != len(self.classes):
                raise DataError(
                    f"wrong number of labels per image in split {name!r}: expected "
                    f"{len(self.classes)}, one per head, got {split.labels.shape[1]}"
                )
            for head, classes in enumerate(self.classes):
                low, high = split.labels[:, head].min(), split.labels[:, head].max()
                if low < 0 or high >= len(classes):
                    raise DataError(
                        f"wrong labels in split {name!r}, head {head}: expected 0 to "
                        f"{len(classes) - 1}, got {low} to {high}"
                    )

    def sha256(self) -> str:
        """Return the checksum of images, labels, class names and groups."""
        return self._sha256

    def with_facts(self, facts: ReadingFacts) -> ArrayDataset:
        """Return the same data set with other facts; its checksum is not computed again."""
        other = replace(self, facts=facts)
        # As `cached_property` itself stores it.
        other.__dict__["_sha256"] = self._sha256
        return other

    @cached_property
    def _sha256(self) -> str:
        digest = hashlib.sha256(json.dumps(self.classes).encode())
        for name, split in sorted(self.splits.items()):
            # The shapes too: without them, the same bytes in other shapes would have the same
            # checksum.
            digest.update(json.dumps([name, split.images.shape, split.labels.shape]).encode())
            for part in iter_chunks(split.images):
                digest.update(np.ascontiguousarray(part).data)
            # Little-endian on every machine, as the checksum is part of a card.
            digest.update(np.ascontiguousarray(split.labels).astype("<i8", copy=False).data)
            # Because the choice of validation images follows from the groups.
            if split.examples and split.examples.groups:
                digest.update(json.dumps(split.examples.groups).encode())
        return digest.hexdigest()


def iter_chunks(images: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Yield images in chunks of at most `_CHUNK_BYTES`, or one image."""
    step = max(1, _CHUNK_BYTES // math.prod(images.shape[1:]))
    for start in range(0, len(images), step):
        yield images[start : start + step]


def load_dataset(entry: Entry[DatasetSpec], *, expected: str | None = None) -> ArrayDataset:
    """Load a data set and check it against its spec.

    Args:
        entry: the data set.
        expected: sha256 from a card; None for any.

    Raises:
        DataError: the data set is unreadable, or its shapes differ from the spec.
        VerificationError: its checksum differs from the spec or from `expected`.
    """
    spec = entry.spec
    # Before the loader, which may download gigabytes, if the spec already shows the difference.
    if expected and spec.sha256:
        _check_card(spec, spec.sha256, expected)
    dataset = entry.resolve(spec.loader)(*([spec.address] if spec.address else []))
    for name, size in spec.sizes.items():
        split = dataset.splits.get(name)
        actual = None if split is None else (len(split), *split.images.shape[1:])
        if actual != (size, *spec.shape):
            raise DataError(
                f"wrong shape of split {name!r} of dataset {spec.name!r}: expected "
                f"{(size, *spec.shape)} from plugin {entry.plugin.distribution}, got {actual}"
            )
    if spec.composable and dataset.compose is None:
        raise DataError(
            f"dataset {spec.name!r} cannot compose new images, "
            f"although plugin {entry.plugin.distribution} declares that it can"
        )
    actual = dataset.sha256()
    if expected:
        _check_card(spec, actual, expected)
    if spec.sha256 and actual != spec.sha256:
        raise VerificationError(
            f"checksum mismatch for dataset {spec.name!r}: expected sha256 {spec.sha256} from "
            f"plugin {entry.plugin.distribution}, got {actual}",
            hint=f"Reinstall {entry.plugin.distribution}.",
        )
    assert isinstance(dataset, ArrayDataset)  # for mypy: a plugin's loader is untyped
    return dataset


def _check_card(spec: DatasetSpec, sha256: str, expected: str) -> None:
    if sha256 != expected:
        raise VerificationError(
            f"dataset {spec.name} is not the one on the card: expected sha256 {expected}, got "
            f"{sha256}"
        )
