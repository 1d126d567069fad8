"""Duplicates of images, in several splits or in several classes, as sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import Split
from zoo_core.data.example_record import SPLITS, Example, ExampleRecord
from zoo_core.data.overview.faults import count_text
from zoo_core.data.overview.near_duplicates import (
    concatenate,
    find_near_duplicates,
    select,
    small_copies,
)

Rows = Mapping[str, tuple[Split, NDArray[np.int64]]]
"""Split -> its arrays and its rows."""

Pair = tuple[Example, Example]
"""An image and one like it in an earlier split, in the order of `SPLITS`."""


def warn_of_duplicates(record: ExampleRecord, rows: Rows) -> Iterator[str]:
    """Yield warnings about images that are in several splits or classes.

    Args:
        record: record of the images, in the order of `rows`.
        rows: the images.
    """
    groups = _equal_images(record.examples)
    yield from _warn_of_classes(groups)
    copies = [pair for group in groups for pair in _copies(group)]
    yield from _warn(copies, "equal to")
    known = {image.key for image, _ in copies}
    near, complete = _near_copies(record.examples, rows)
    others = [pair for pair in near if pair[0].key not in known]
    yield from _warn(others, "nearly equal to", at_least=not complete)


def _equal_images(examples: Iterable[Example]) -> list[list[Example]]:
    """Return the groups of images with the same pixels."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.pixels].append(example)
    return [group for group in groups.values() if len(group) > 1]


def _warn_of_classes(groups: Iterable[Sequence[Example]]) -> Iterator[str]:
    mixed = [group for group in groups if len({each.label for each in group}) > 1]
    if mixed:
        first = mixed[0][0]
        other = next(each for each in mixed[0] if each.label != first.label)
        yield (
            f"{count_text(sum(map(len, mixed)), 'image')} with equal pixels in different classes, "
            f"such as {first.key} ({first.label}) and {other.key} ({other.label})"
        )


def _copies(group: Sequence[Example]) -> Iterator[Pair]:
    """Yield each image of a group that has an equal one in an earlier split."""
    first = min(group, key=_position)
    yield from ((each, first) for each in group if _position(each) > _position(first))


def _near_copies(examples: Sequence[Example], rows: Rows) -> tuple[list[Pair], bool]:
    """Return images with a near duplicate in an earlier split, and whether these are all."""
    # Once per split, because the validation images are usually rows of the training images.
    of_split = {id(split): small_copies(split.inputs) for split, _ in rows.values()}
    small = concatenate([select(of_split[id(split)], some) for split, some in rows.values()])
    sides = np.array([_position(each) for each in examples], np.int64)
    images = [(split, row) for split, some in rows.values() for row in some.tolist()]

    def image(number: int) -> NDArray[np.uint8]:
        split, row = images[number]
        return split.inputs[row : row + 1]

    found = find_near_duplicates(small, sides, image)
    pairs: dict[int, Pair] = {}
    for numbers in found.pairs.tolist():
        early, late = sorted(numbers, key=lambda number: int(sides[number]))
        if examples[early].pixels != examples[late].pixels:
            pairs.setdefault(late, (examples[late], examples[early]))
    return [*pairs.values()], found.complete


def _warn(pairs: Sequence[Pair], relation: str, *, at_least: bool = False) -> Iterator[str]:
    for split in SPLITS[1:]:
        some = [pair for pair in pairs if pair[0].split == split]
        if some:
            image, other = some[0]
            yield (
                f"{'at least ' if at_least else ''}{count_text(len(some), f'{split} image')} "
                f"{relation} an image of another split, such as {image.key} ({split}) and "
                f"{other.key} ({other.split})"
            )


def _position(example: Example) -> int:
    return SPLITS.index(example.split)
