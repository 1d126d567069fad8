"""Faults of a data set's classes and sizes, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.example_record import SPLITS
from zoo_core.data.reading_facts import OriginalSizes

MAX_NAMES = 4
"""Maximum number of classes that a warning names."""

MAX_RATIO = 20
"""Maximum number of times that the largest class is as large as the smallest."""

MIN_SHARE, MIN_OF_MEAN = 0.01, 0.2
"""Minimum share of a class in all images, and in the mean size of a class; because of the second,
hundreds of equal classes are balanced."""


_ADJECTIVES = {"train": "training"}
"""Split -> word for its images, where it is not the split's name."""


def warn_of_classes(
    names: Sequence[str], counts: NDArray[np.int64], noun: str = "image"
) -> Iterator[str]:
    """Yield warnings about classes that cannot be learned or scored.

    Args:
        names: names of the classes.
        counts: numbers of examples ``(classes, splits)``, with the splits in the order of `SPLITS`.
        noun: word for an example.
    """
    for split, of_split in zip(SPLITS, counts.T, strict=True):
        if some := _names(names, of_split == 0):
            yield f"no {_ADJECTIVES.get(split, split)} {noun} of {some}"
    train = counts[:, 0]
    if some := _names(names, train == 1):
        yield f"only 1 training {noun} of {some}"
    yield from _warn_of_imbalance(names, train, noun)


def _warn_of_imbalance(names: Sequence[str], train: NDArray[np.int64], noun: str) -> Iterator[str]:
    present = np.flatnonzero(train)
    if len(present) < 2:
        return
    smallest, largest = (int(present[pick(train[present])]) for pick in (np.argmin, np.argmax))
    low, high, total = int(train[smallest]), int(train[largest]), int(train.sum())
    is_rare = low < MIN_SHARE * total and low < MIN_OF_MEAN * total / len(present)
    if high >= MAX_RATIO * low or is_rare:
        yield (
            f"unbalanced classes: {high:,} training {noun}s of {_short(names[largest])}, "
            f"{low:,} of {_short(names[smallest])}"
        )


def warn_of_sizes(sizes: OriginalSizes | None, shape: Sequence[int]) -> Iterator[str]:
    """Yield warnings about images that are resized.

    Args:
        sizes: sizes of the images in their files; None if they are unknown.
        shape: height and width of the arrays.
    """
    if sizes is None:
        return
    if sizes.number > 1:
        yield (
            f"images of {sizes.number:,} sizes, height x width, from {size_text(sizes.smallest)} "
            f"to {size_text(sizes.largest)}, are resized to {size_text(shape)}"
        )
    if sizes.enlarged:
        yield f"{count_text(sizes.enlarged, 'image')} enlarged to {size_text(shape)}"


def size_text(size: Sequence[int]) -> str:
    """Return ``64x48`` for the height 64 and the width 48."""
    height, width = size
    return f"{height}x{width}"


def count_text(number: int, noun: str) -> str:
    """Return ``1 image`` or ``1,200 images``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _names(names: Sequence[str], chosen: NDArray[np.bool_]) -> str:
    """Return the names of the chosen classes; an empty string for none."""
    some = [_short(names[label]) for label in np.flatnonzero(chosen).tolist()]
    more = f" and {len(some) - MAX_NAMES:,} more classes" if len(some) > MAX_NAMES else ""
    return ", ".join(some[:MAX_NAMES]) + more


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"
