"""Logarithmic or linear scale of an axis, and its ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator


def scale_axis(axes: Axes, values: Sequence[float]) -> None:
    """Scale the y axis: logarithmic if the largest value is at least four times the smallest.

    Otherwise it is linear from zero. Zeros among values that span more are placed on a linear
    piece below the smallest positive value. A line of text fits above the highest value.

    Args:
        axes: axes to scale.
        values: all values drawn; non-finite ones are ignored. With negative ones it is linear.
    """
    values = [value for value in values if math.isfinite(value)] or [0.0]
    if min(values) < 0:
        span = max(values) - min(values) or 1.0
        axes.set_ylim(min(values) - 0.06 * span, max(values) + 0.25 * span)
        return
    low, high = min((value for value in values if value > 0), default=0), max(values)
    if high < 4 * low or not low:
        axes.set_ylim(0 if min(values) else -0.03 * (high or 0.01), 1.25 * (high or 0.01))
        return
    top = high * 1.15 * (high / low) ** 0.12
    if min(values) > 0:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.25, top)
    else:
        # A plain log scale would drop the zeros of a perfect model.
        axes.set_yscale("symlog", linthresh=low, linscale=0.5)
        axes.set_ylim(-low / 6, top)
    zero = [0.0] if min(values) == 0 else []
    axes.set_yticks([*zero, *log_ticks(low / 1.25, top)])
    axes.yaxis.set_minor_locator(NullLocator())


def log_ticks(low: float, high: float) -> list[float]:
    """Return the round values from `low` to `high` for a logarithmic axis, at least one.

    matplotlib's `LogLocator` labels powers of ten only, of which a chart of accuracies or
    parameters often has one or none.
    """
    ratio = high / low
    steps = (1, 2, 5) if ratio < 100 else (1, 3) if ratio < 1000 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**power for power in powers for step in steps]
    ticks = [tick for tick in ticks if low <= tick <= high]
    if len(ticks) < 3:  # linear steps, which are about even where the ratio is small
        linear = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
        ticks = [float(tick) for tick in linear if low <= tick <= high]
    return ticks or [low]
