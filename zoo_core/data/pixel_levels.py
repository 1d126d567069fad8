"""Measurement of the range of deep pixels: counts beyond natural levels, such as 255 and 4095.

Levels instead of the extremes, so that neither one bright pixel nor one more image moves the range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.pixel_ranges import MAX_OUTSIDE, Deep

_POWERS = 2.0 ** np.arange(-126, 129)
"""Powers of two that float32 can have, and one more."""

_INTEGER_WHITES = np.array([2.0**bits - 1 for bits in (8, 10, 12, 14, 16, 24, 31, 32)])
"""Usual values of white in integers; the number of bits is a camera's."""

_FLOAT_WHITES = np.array([1.0, 255.0, 65535.0])
"""Usual values of white in floats."""


@dataclass(frozen=True)
class LevelCounts:
    """Counts of pixels by level, which can be added up over images.

    Attributes:
        whites: pixels above each usual value of white; the first number is of all pixels.
        above: pixels above each of `_POWERS`.
        below: pixels below each of `_POWERS`, with a minus sign.
    """

    whites: NDArray[np.int64]
    above: NDArray[np.int64]
    below: NDArray[np.int64]

    @classmethod
    def of(cls, pixels: Deep) -> LevelCounts:
        """Return the counts for the pixels of an image, all of them finite."""
        values = pixels.ravel().astype(np.float64)
        whites = _FLOAT_WHITES if pixels.dtype.kind == "f" else _INTEGER_WHITES
        return cls(
            np.array([len(values), *_count_above(values, whites)], np.int64),
            _count_above(values, _POWERS),
            _count_above(-values, _POWERS),
        )

    def __add__(self, other: LevelCounts) -> LevelCounts:
        return LevelCounts(
            self.whites + other.whites, self.above + other.above, self.below + other.below
        )

    def pixel_range(self, kind: str) -> tuple[float, float]:
        """Return the values that become 0 and 255, outside of which are almost no pixels.

        White is the first usual value that fits. Black is 0, or minus a power of two. Floats with
        negative values, or with very large ones, have no usual white: it is a power of two, too.

        Args:
            kind: data type of the pixels.
        """
        whites = _FLOAT_WHITES if kind == "float32" else _INTEGER_WHITES
        most = MAX_OUTSIDE * self.whites[0]
        negative = self.below[0] > most
        black = -_first_fitting(_POWERS, self.below, most) if negative else 0.0
        unusual = kind == "float32" and (negative or self.whites[-1] > most)
        white = (
            _first_fitting(_POWERS, self.above, most)
            if unusual
            else _first_fitting(whites, self.whites[1:], most)
        )
        return black, white


def _count_above(values: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number of values above each level; levels are in ascending order."""
    # The index of the first level that is not below a value, so a value at a level is not above it.
    counts = np.bincount(np.searchsorted(levels, values), minlength=len(levels) + 1)
    return len(values) - np.cumsum(counts[:-1])


def _first_fitting(
    levels: NDArray[np.float64], above: NDArray[np.int64], most: float
) -> float:
    return float(levels[np.argmax(above <= most)])
