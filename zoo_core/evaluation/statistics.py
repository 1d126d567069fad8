"""Statistics of a comparison: confidence intervals, paired tests, Holm's correction."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.wilson import wilson_interval

__all__ = ["bootstrap_interval", "holm", "mcnemar_p", "permutation_p", "wilson_interval"]


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Return the p value of McNemar's exact, two-sided test (1947).

    Args:
        only_first: number of examples that only the first model predicts correctly.
        only_second: number of examples that only the second model predicts correctly.
    """
    # Under the null hypothesis, each of these examples is as likely to be the first's as the
    # second's, so either count is binomial with p = 1/2. Python's integers make the sum exact.
    count = only_first + only_second
    tail = sum(math.comb(count, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, float(2 * tail / 2**count))


RESAMPLES = 2000
"""Number of resamples of a bootstrap interval."""

PERMUTATIONS = 10_000
"""Number of random permutations of a permutation test."""

DRAWS = 1 << 24
"""Maximum number of random numbers that are drawn at once."""


def bootstrap_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % confidence interval of a mean, by resampling (Efron 1979).

    Args:
        values: one number per example, ``(N,)``.
    """
    random, count = np.random.PCG64(0), len(values)
    means = [
        values[(random.random_raw(part * count) % np.uint64(count)).astype(np.int64)]
        .reshape(part, count)
        .mean(axis=1)
        for part in _parts(RESAMPLES, count)
    ]
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return float(low), float(high)


def permutation_p(differences: NDArray[np.float64]) -> float:
    """Return the p value of the two-sided permutation test of paired differences.

    Under the null hypothesis each difference has either sign with equal probability
    (Fisher 1935). The signs are random, and the observed ones count as one of the permutations
    (Phipson & Smyth 2010).

    Args:
        differences: difference of two models' measures per example, ``(N,)``.
    """
    some = differences[differences != 0]
    if not len(some):
        return 1.0
    # A share of the observed sum below 1, so that rounding does not hide an equal one.
    observed = abs(float(some.sum())) * (1 - 1e-12)
    random, extreme = np.random.PCG64(1), 0
    for part in _parts(PERMUTATIONS, len(some)):
        words = random.random_raw(-(-part * len(some) // 64))
        bits = np.unpackbits(words.view(np.uint8))[: part * len(some)]
        signs = bits.reshape(part, len(some)).astype(np.float64) * 2 - 1
        extreme += int((np.abs(signs @ some) >= observed).sum())
    return (extreme + 1) / (PERMUTATIONS + 1)


def _parts(repeats: int, count: int) -> Iterator[int]:
    """Yield numbers of repeats, at most `DRAWS` draws each, that sum to `repeats`."""
    most = max(1, DRAWS // count)
    while repeats > 0:
        yield min(most, repeats)
        repeats -= most


def holm(ps: Sequence[float]) -> list[float]:
    """Return p values after Holm's correction (1979), in the same order."""
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        # The running maximum keeps the order: a larger p value has no smaller adjusted one.
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = highest
    return adjusted
