"""Statistics of a comparison: confidence intervals, McNemar's test, Holm's correction."""

from __future__ import annotations

import math
from collections.abc import Sequence

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


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Return the p value of McNemar's exact, two-sided test (1947).

    Args:
        only_first: number of images that only the first model predicts correctly.
        only_second: number of images that only the second model predicts correctly.
    """
    # Under the null hypothesis, each of these images is as likely to be the first's as the
    # second's, so either count is binomial with p = 1/2. Python's integers make the sum exact.
    count = only_first + only_second
    tail = sum(math.comb(count, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, float(2 * tail / 2**count))


def holm(ps: Sequence[float]) -> list[float]:
    """Return p values after Holm's correction (1979), in the same order."""
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        # The running maximum keeps the order: a larger p value has no smaller adjusted one.
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = highest
    return adjusted
