"""A vertical axis for values that are small, and best seen in proportion."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator


def scale_axis(axes: Axes, values: Sequence[float]) -> None:
    """Scale the y axis: logarithmic where the values span much, else linear from zero.

    Among values that span much, zeros come on a linear piece below the smallest other. There is
    room for a line of text above the highest.

    Args:
        axes: whose axis it is.
        values: all that are drawn, none negative; those that are not finite do not count.
    """
    values = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min((value for value in values if value > 0), default=0), max(values)
    if high < 4 * low or not low:
        axes.set_ylim(0 if min(values) else -0.03 * (high or 0.01), 1.25 * (high or 0.01))
        return
    top = high * 1.15 * (high / low) ** 0.12
    if min(values) > 0:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.25, top)
    else:
        axes.set_yscale("symlog", linthresh=low, linscale=0.5)
        axes.set_ylim(-low / 6, top)
    steps = (1, 2, 5) if high / low < 100 else (1, 3) if high / low < 1000 else (1,)
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(top)) + 1)
    ticks = [step * 10.0**power for power in powers for step in steps]
    zero = [0.0] if min(values) == 0 else []
    axes.yaxis.set_major_locator(
        FixedLocator([*zero, *(tick for tick in ticks if low / 1.25 <= tick <= top)])
    )
    axes.yaxis.set_minor_locator(NullLocator())
