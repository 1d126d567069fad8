"""Wilson's confidence interval of a share. Standard library only."""

from __future__ import annotations

import math

NORMAL_QUANTILE = 1.959963984540054
"""97.5 % quantile of the standard normal distribution."""


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share, after Wilson (1927)."""
    # Not the usual share ± z·√(share·(1 - share) / n), whose width is 0 for a share of 0 or 1.
    # By hand, because scipy would be a new dependency, and importing scipy.stats takes a second.
    share, square = correct / total, NORMAL_QUANTILE**2
    middle = (share + square / (2 * total)) / (1 + square / total)
    width = NORMAL_QUANTILE * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    width /= 1 + square / total
    # The exact bounds are 0 and 1 here, and rounding would miss them.
    low = 0.0 if correct == 0 else max(0.0, middle - width)
    return low, 1.0 if correct == total else min(1.0, middle + width)
