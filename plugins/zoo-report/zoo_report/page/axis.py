"""Axes of a chart: from values to positions, with ticks at round values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

_STEPS = (1, 2, 5)
"""Between the ticks of a linear axis, times a power of ten."""
_ACCURACIES = (0.1, 0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
_BETWEEN = (0.3, 0.4, 0.6, 0.85, 0.93, 0.96, 0.97, 0.985, 0.993, 0.996, 0.997, 0.9985, 0.9997)
"""Ticks of accuracies, and those that come in where few of these are in sight."""
_FEW = 3


@dataclass(frozen=True)
class Axis:
    """One direction of a chart.

    Attributes:
        ticks: values with their labels.
        start: position of the low end, in the chart's units.
        end: of the high end.
        low: the value at the low end, after `scale`.
        high: at the other end.
        scale: makes of a value what is linear along the axis.
    """

    ticks: tuple[tuple[float, str], ...]
    start: float
    end: float
    low: float
    high: float
    scale: Callable[[float], float]

    def at(self, value: float) -> float:
        """Return the position of a value; one beyond the ends is put onto them."""
        share = (self.scale(value) - self.low) / (self.high - self.low)
        return round(self.start + min(max(share, 0), 1) * (self.end - self.start), 1)


def whole(values: Iterable[int], start: float, end: float) -> Axis:
    """Return a linear axis for integers, with ticks at integers."""
    values = list(values)
    low, high = float(min(values)), float(max(values))
    if low == high:
        low, high = low - 0.5, high + 0.5
    step = next(s * 10**p for p in range(20) for s in _STEPS if high - low <= 6 * s * 10**p)
    ticks = range(math.ceil(low / step) * step, math.floor(high) + 1, step)
    return Axis(tuple((t, f"{t:,}") for t in ticks), start, end, low, high, float)


def logarithmic(
    values: Sequence[float], start: float, end: float, label: Callable[[float], str]
) -> Axis:
    """Return an axis for positive values; zeros, which may be among them, stand at its low end."""
    positive = [value for value in values if value > 0] or [1.0]
    low, high = min(positive), max(positive)
    zero = min(values, default=1) <= 0
    below, above = (low / 2.5 if zero else low / 1.15), high * 1.15
    spread = math.log10(above / below)
    steps = (1, 2, 5) if spread < 2 else (1, 3) if spread < 3 else (1,)
    powers = range(math.floor(math.log10(below)), math.ceil(math.log10(above)) + 1)
    round_ones = [s * 10.0**p for p in powers for s in steps]
    ticks = [t for t in round_ones if (low if zero else below) <= t <= above]
    if low == high:
        ticks = [low]
    elif len(ticks) < _FEW:
        finer = [s * 10.0**p for p in powers for s in (1, 1.5, 2, 3, 4, 5, 7)]
        ticks = [t for t in finer if (low if zero else below) <= t <= above] or [low]
    labels = [*([(0.0, label(0.0))] if zero else []), *((t, label(t)) for t in ticks)]
    floor = math.log10(below)
    return Axis(
        tuple(labels),
        start,
        end,
        floor,
        math.log10(above),
        lambda value: math.log10(value) if value > 0 else floor,
    )


def accuracies(
    values: Sequence[float], total: int, start: float, end: float, *, apart: float = 16
) -> Axis:
    """Return an axis for accuracies on which half the mistakes are always as far to go.

    Args:
        values: from 0 to 1.
        total: number of images; all of them right is put at half a mistake.
        start: see `Axis`.
        end: likewise.
        apart: how far ticks are from one another at least, in the chart's units.
    """

    def scale(accuracy: float) -> float:
        return -math.log10(max(1 - accuracy, 0.5 / total))

    low, high = min(map(scale, values)), max(map(scale, values))
    margin = max(0.06 * (high - low), 0.04)
    low, high = low - margin, high + margin

    def seen(candidates: Iterable[float]) -> list[float]:
        return [a for a in candidates if low <= scale(a) <= high and 1 - a > 0.75 / total]

    ticks = seen(_ACCURACIES)
    if len(ticks) < _FEW:
        ticks = seen(sorted(_ACCURACIES + _BETWEEN))
    if not ticks or max(values) == 1:
        ticks.append(max(values))
    axis = Axis((), start, end, low, high, scale)
    kept: list[float] = []
    for tick in reversed(ticks):  # the highest first, since those are told most often
        if not kept or abs(axis.at(tick) - axis.at(kept[-1])) >= apart:
            kept.append(tick)
    return replace(axis, ticks=tuple((tick, f"{100 * tick:.4g}%") for tick in reversed(kept)))
