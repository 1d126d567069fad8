"""Facts about how a user's files became a data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


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


NO_FACTS = ReadingFacts()
"""Facts about a data set that was not read from a user's files."""


def facts_of(
    pixel_ranges: Mapping[str, Any],
    notes: Iterable[str] = (),
    sizes: Mapping[str, Any] | None = None,
    **others: Any,
) -> ReadingFacts:
    """Return the facts of JSON values."""
    ranges = {kind: (float(low), float(high)) for kind, (low, high) in pixel_ranges.items()}
    return ReadingFacts(pixel_ranges=ranges, notes=tuple(notes), sizes=_sizes(sizes), **others)


def _sizes(values: Mapping[str, Any] | None) -> OriginalSizes | None:
    if values is None:
        return None
    (least_high, least_wide), (most_high, most_wide) = values["smallest"], values["largest"]
    smallest, largest = (least_high, least_wide), (most_high, most_wide)
    return OriginalSizes(values["number"], smallest, largest, values["enlarged"])
