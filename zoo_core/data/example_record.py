"""The record of a training's examples: the images of each split, by identity and by pixels.

It is a CSV file with one row per image: split, example (its key), class and checksum of the pixels.
Weights can then be scored on a folder that has changed since without the images that they were
trained on, also where those were renamed or moved.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import Split
from zoo_core.data.examples import pixel_digests
from zoo_core.data.splits import VALIDATION, TrainingData
from zoo_core.errors import VerificationError

COLUMNS = ["split", "example", "class", "pixels"]

SPLITS = ("train", VALIDATION, "test")


@dataclass(frozen=True)
class Example:
    """One image of a record.

    Attributes:
        split: split that the image was in.
        key: identity of the image (`zoo_core.data.examples.Examples`).
        label: names of its classes.
        pixels: checksum of its pixels.
    """

    split: str
    key: str
    label: str
    pixels: str


@dataclass(frozen=True)
class ExampleRecord:
    """The images that a training was trained, validated and tested on."""

    examples: tuple[Example, ...]

    @cached_property
    def by_key(self) -> Mapping[str, Example]:
        """The images by their keys."""
        return {example.key: example for example in self.examples}

    @cached_property
    def seen(self) -> frozenset[str]:
        """Checksums of the pixels of the images that weights or epoch were chosen by."""
        return frozenset(each.pixels for each in self.examples if each.split != "test")

    @cached_property
    def trained(self) -> frozenset[str]:
        """Checksums of the pixels of the training images."""
        return frozenset(each.pixels for each in self.examples if each.split == "train")

    def to_csv(self) -> bytes:
        """Return the record as a CSV file."""
        text = io.StringIO()
        # With the default line ending "\r\n", because only its characters are quoted in a field,
        # and a key may contain either of them.
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows((each.split, each.key, each.label, each.pixels) for each in self.examples)
        return text.getvalue().encode()

    @classmethod
    def from_csv(cls, content: bytes, where: str) -> ExampleRecord:
        """Parse a CSV file.

        Raises:
            VerificationError: the content is not a record.
        """
        try:
            # `newline=""`, because a key may contain a line break.
            header, *rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
            if header != COLUMNS:
                raise ValueError(f"expected columns {COLUMNS}, got {header}")
            return cls(tuple(Example(*row) for row in rows))
        except (ValueError, TypeError, csv.Error) as exc:
            raise VerificationError(f"invalid list of examples {where}: {exc}") from exc


def make_record(data: TrainingData) -> ExampleRecord | None:
    """Return the record of a training; None if the images of its data set have no identities."""
    classes = data.dataset.classes
    found: list[Example] = []
    for name, (split, rows) in data.parts.items():
        if split.examples is None:
            return None
        keys, labels = split.examples.keys, label_names(split, classes)
        found += (
            Example(name, keys[row], labels[row], pixels)
            for row, pixels in zip(rows.tolist(), _digests(split, rows), strict=True)
        )
    return ExampleRecord(tuple(found))


def label_names(split: Split, classes: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of the classes of each image, separated by ``; `` for several heads."""
    return [
        "; ".join(names[label] for names, label in zip(classes, row, strict=True))
        for row in split.labels.tolist()
    ]


def _digests(split: Split, rows: NDArray[np.int64]) -> list[str]:
    # In parts, because rows of memory-mapped images are copied.
    step = 1024
    return [
        digest
        for start in range(0, len(rows), step)
        for digest in pixel_digests(split.images[rows[start : start + step]])
    ]


def describe_changes(before: ExampleRecord, now: ExampleRecord) -> str:
    """Return the differences of two records in words; empty if they are equal."""
    old, new = before.by_key, now.by_key
    common = [(old[key], new[key]) for key in sorted(old.keys() & new.keys())]
    changes = {
        "added": sorted(new.keys() - old.keys()),
        "removed": sorted(old.keys() - new.keys()),
        "with other pixels": [a.key for a, b in common if a.pixels != b.pixels],
        "with another class": [a.key for a, b in common if a.label != b.label],
        "in another split": [a.key for a, b in common if a.split != b.split],
    }
    return ", ".join(
        f"{len(keys):,} {'image' if len(keys) == 1 else 'images'} {what} ({_few(keys)})"
        for what, keys in changes.items()
        if keys
    )


def _few(keys: Sequence[str]) -> str:
    return ", ".join([*keys[:2], *(["…"] if len(keys) > 2 else [])])
