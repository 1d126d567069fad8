"""Measurement of the range of deep pixels: counts beyond natural levels, such as 255 and 4095.

Levels instead of the extremes, so that neither one bright pixel nor one more image moves the range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.images.pixel_ranges import MAX_OUTSIDE, Deep

Floats = NDArray[np.float64]

_POWERS: Floats = np.array([0, *(2.0**exponent for exponent in range(-126, 129))])
"""0, and the powers of two of normal float32, with one more."""

_INTEGER_WHITES: Floats = np.array([2.0**bits - 1 for bits in (8, 10, 12, 14, 16, 24, 31, 32)])
"""Usual values of white in integers: the maxima of cameras, files and data types."""

# Below 1/16, at most 16 of the 256 gray levels would be used if 1 were white.
_FLOAT_WHITES: Floats = np.array([*_POWERS[1:][_POWERS[1:] <= 1 / 16], 1, *_INTEGER_WHITES[:5]])
"""Usual values of white in floats: 1, those of integers, and small powers of two."""


@dataclass(frozen=True)
class LevelCounts:
    """Counts of pixels by level, which can be added up over images.

    Attributes:
        kind: data type of the pixels.
        total: number of pixels.
        usual: pixels above each usual value of white.
        above: pixels above each of `_POWERS`.
        below: pixels below minus each of `_POWERS`.
    """

    kind: str
    total: int
    usual: NDArray[np.int64]
    above: NDArray[np.int64]
    below: NDArray[np.int64]

    @classmethod
    def of(cls, pixels: Deep) -> LevelCounts:
        """Return the counts for the pixels of an image, all of them finite."""
        values, kind = pixels.ravel().astype(np.float64), pixels.dtype.name
        return cls(
            kind,
            len(values),
            _count_above(values, _whites(kind)),
            _count_above(values, _POWERS),
            _count_above(-values, _POWERS),
        )

    def __add__(self, other: LevelCounts) -> LevelCounts:
        """Return the counts for the pixels of both; they have the same kind."""
        return LevelCounts(
            self.kind,
            self.total + other.total,
            self.usual + other.usual,
            self.above + other.above,
            self.below + other.below,
        )

    def pixel_range(self) -> tuple[float, float]:
        """Return the values that become 0 and 255: at most `MAX_OUTSIDE` of pixels are beyond each.

        Black is 0, or minus a power of two. White is the first usual value that fits; it is a power
        of two for floats that are negative, too, or very large, because those have any unit.
        """
        whites, most = _whites(self.kind), MAX_OUTSIDE * self.total
        black = 0.0 - _first_fitting(_POWERS, self.below, most)
        if self.kind == "float32" and (black < 0 or self.usual[-1] > most):
            return black, _first_fitting(_POWERS, self.above, most)
        return black, _first_fitting(whites, self.usual, most)


def _whites(kind: str) -> Floats:
    return _FLOAT_WHITES if kind == "float32" else _INTEGER_WHITES


def _count_above(values: Floats, levels: Floats) -> NDArray[np.int64]:
    """Return the number of values above each level; levels are in ascending order."""
    if not len(values) or values.max() <= levels[0]:
        return np.zeros(len(levels), np.int64)
    # The index of the first level that is not below a value, so a value at a level is not above it.
    counts = np.bincount(np.searchsorted(levels, values), minlength=len(levels) + 1)
    above: NDArray[np.int64] = len(values) - np.cumsum(counts[:-1])
    return above


def _first_fitting(levels: Floats, above: NDArray[np.int64], most: float) -> float:
    return float(levels[np.argmax(above <= most)])
