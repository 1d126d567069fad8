"""Sparklines: a curve as one row of block characters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

_BLOCKS = "▁▂▃▄▅▆▇█"
_UNKNOWN = "·"
"""Character of a value that is not finite."""


def sparkline(values: Sequence[float], width: int) -> str:
    """Return a curve of at most `width` characters, from its lowest value to its highest.

    A character of a longer curve is the mean of consecutive values.
    """
    means = _shorten(values, width)
    known = [each for each in means if math.isfinite(each)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    return "".join(_block(each, low, high) for each in means)


def _shorten(values: Sequence[float], width: int) -> list[float]:
    count = min(len(values), width)
    ends = [len(values) * part // count for part in range(count + 1)] if count else []
    parts = (values[start:end] for start, end in pairwise(ends))
    return [_mean([each for each in part if math.isfinite(each)]) for part in parts]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _block(value: float, low: float, high: float) -> str:
    if not math.isfinite(value):
        return _UNKNOWN
    # Values that are all equal are a line in the middle.
    height = (value - low) / (high - low) if high > low else 0.5
    return _BLOCKS[min(int(height * len(_BLOCKS)), len(_BLOCKS) - 1)]
