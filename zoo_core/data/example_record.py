"""The record of a training's examples: those of each split, by identity and by content.

It is a CSV file with one row per example: split, example (its key), class (its target) and
checksum of its input, such as an image's pixels. Weights can then be scored on data that have
changed since without the examples that they were trained on, also where those were renamed or
moved.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import Split
from zoo_core.data.examples import content_digests
from zoo_core.data.splits import VALIDATION, TrainingData
from zoo_core.errors import VerificationError
from zoo_core.plugins.data_specs import TargetSpec

COLUMNS = ["split", "example", "class", "pixels"]

SPLITS = ("train", VALIDATION, "test")


@dataclass(frozen=True)
class Example:
    """One example of a record.

    Attributes:
        split: split that the example was in.
        key: identity of the example (`zoo_core.data.examples.Examples`).
        label: names of its classes, or its other targets as text.
        pixels: checksum of its input, such as the pixels of an image.
    """

    split: str
    key: str
    label: str
    pixels: str


@dataclass(frozen=True)
class ExampleRecord:
    """The examples that a training was trained, validated and tested on."""

    examples: tuple[Example, ...]

    @cached_property
    def by_key(self) -> Mapping[str, Example]:
        """The examples by their keys."""
        return {example.key: example for example in self.examples}

    @cached_property
    def seen(self) -> frozenset[str]:
        """Checksums of the examples that weights or epoch were chosen by."""
        return frozenset(each.pixels for each in self.examples if each.split != "test")

    @cached_property
    def trained(self) -> frozenset[str]:
        """Checksums of the training examples."""
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
    """Return the record of a training; None if the examples of its data set have no identities."""
    targets = data.dataset.targets
    found: list[Example] = []
    for name, (split, rows) in data.parts.items():
        if split.examples is None:
            return None
        keys, labels = split.examples.keys, target_names(split, targets)
        found += (
            Example(name, keys[row], labels[row], pixels)
            for row, pixels in zip(rows.tolist(), _digests(split, rows), strict=True)
        )
    return ExampleRecord(tuple(found))


def target_names(split: Split, targets: Sequence[TargetSpec]) -> list[str]:
    """Return the targets of each example as text, separated by ``; `` for several heads."""
    heads = [_names(*each) for each in zip(split.targets, targets, strict=True)]
    return ["; ".join(names) for names in zip(*heads, strict=True)]


def _names(values: NDArray[Any], target: TargetSpec) -> list[str]:
    if values.ndim > 1:
        return content_digests(values)
    names = target.classes if values.dtype.kind in "iu" else ()
    return [names[each] if names else repr(each) for each in values.tolist()]


def _digests(split: Split, rows: NDArray[np.int64]) -> list[str]:
    # In parts, because rows of memory-mapped inputs are copied.
    step = 1024
    return [
        digest
        for start in range(0, len(rows), step)
        for digest in content_digests(split.inputs[rows[start : start + step]])
    ]


def describe_changes(before: ExampleRecord, now: ExampleRecord) -> str:
    """Return the differences of two records in words; empty if they are equal."""
    old, new = before.by_key, now.by_key
    common = [(old[key], new[key]) for key in sorted(old.keys() & new.keys())]
    changes = {
        "added": sorted(new.keys() - old.keys()),
        "removed": sorted(old.keys() - new.keys()),
        "with another content": [a.key for a, b in common if a.pixels != b.pixels],
        "with another target": [a.key for a, b in common if a.label != b.label],
        "in another split": [a.key for a, b in common if a.split != b.split],
    }
    return ", ".join(
        f"{len(keys):,} {'example' if len(keys) == 1 else 'examples'} {what} ({_few(keys)})"
        for what, keys in changes.items()
        if keys
    )


def _few(keys: Sequence[str]) -> str:
    return ", ".join([*keys[:2], *(["…"] if len(keys) > 2 else [])])
