"""Comparison of one head of several models: estimates with intervals, and paired tests."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from zoo_core.evaluation.statistics import (
    bootstrap_interval,
    holm,
    mcnemar_p,
    permutation_p,
)
from zoo_core.metrics.task import Measure
from zoo_core.metrics.wilson import wilson_interval


@dataclass(frozen=True)
class Proportion:
    """An accuracy and its 95 % confidence interval.

    Attributes:
        correct: number of correct predictions.
        total: number of examples.
        low: lower bound of the interval (`wilson_interval`).
        high: upper bound of the interval.
    """

    correct: int
    total: int
    low: float
    high: float

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, from 0 to 1."""
        return self.correct / self.total


@dataclass(frozen=True)
class Mean:
    """The mean of a measure that is not 0 or 1, and its 95 % confidence interval.

    Attributes:
        mean: mean over the examples.
        total: number of examples.
        low: lower bound of the interval (`bootstrap_interval`).
        high: upper bound of the interval.
    """

    mean: float
    total: int
    low: float
    high: float


@dataclass(frozen=True)
class PairwiseTest:
    """McNemar's test of two models on the same examples, for one head or for all.

    Attributes:
        first: index of the first member, from 0.
        second: index of the second member.
        both: number of examples that both predict correctly.
        only_first: number that only the first predicts correctly.
        only_second: number that only the second predicts correctly.
        neither: number that neither predicts correctly.
        p: p value of McNemar's exact test.
        adjusted: `p` after Holm's correction for all pairs.
    """

    first: int
    second: int
    both: int
    only_first: int
    only_second: int
    neither: int
    p: float
    adjusted: float


@dataclass(frozen=True)
class PairedMeans:
    """Permutation test of two models on the same examples, of a measure that is not 0 or 1.

    Attributes:
        first: index of the first member, from 0.
        second: index of the second member.
        difference: mean of the first's measure minus the second's.
        low: lower bound of the difference's 95 % confidence interval (`bootstrap_interval`).
        high: upper bound of the interval.
        p: p value of the paired permutation test.
        adjusted: `p` after Holm's correction for all pairs.
    """

    first: int
    second: int
    difference: float
    low: float
    high: float
    p: float
    adjusted: float


@dataclass(frozen=True)
class HeadComparison:
    """The comparison of all members for one head, or for all heads together.

    Attributes:
        head: index of the head, from 0; None for "all heads correct".
        measure: measure that is compared.
        proportions: of a measure 0 or 1, the accuracy of each member; otherwise empty.
        tests: of a measure 0 or 1, one test per pair of members; otherwise empty.
        means: of another measure, its mean of each member; otherwise empty.
        paired: of another measure, one test per pair of members; otherwise empty.
    """

    head: int | None
    measure: Measure
    proportions: tuple[Proportion, ...] = ()
    tests: tuple[PairwiseTest, ...] = ()
    means: tuple[Mean, ...] = ()
    paired: tuple[PairedMeans, ...] = ()


def compare_head(values: NDArray[np.float64], head: int | None, measure: Measure) -> HeadComparison:
    """Return the comparison for one head.

    Args:
        values: the measure of each example, ``(members, N)``.
        head: see `HeadComparison`.
        measure: see `HeadComparison`.
    """
    if measure.binary:
        return _compare_shares(values > 0, head, measure)
    total = values.shape[1]
    pairs = list(combinations(range(len(values)), 2))
    differences = [values[first] - values[second] for first, second in pairs]
    ps = [permutation_p(each) for each in differences]
    found = zip(pairs, differences, ps, holm(ps), strict=True)
    return HeadComparison(
        head,
        measure,
        means=tuple(Mean(float(each.mean()), total, *bootstrap_interval(each)) for each in values),
        paired=tuple(
            PairedMeans(*pair, float(each.mean()), *bootstrap_interval(each), p, adjusted)
            for pair, each, p, adjusted in found
        ),
    )


def _compare_shares(
    is_correct: NDArray[np.bool_], head: int | None, measure: Measure
) -> HeadComparison:
    """Return the comparison for one head.

    Args:
        is_correct: True for each correct prediction, ``(members, N)``.
        head: see `HeadComparison`.
        measure: see `HeadComparison`.
    """
    total = is_correct.shape[1]
    counts = [int(each.sum()) for each in is_correct]  # Python's int, for exact arithmetic and JSON
    pairs = list(combinations(range(len(is_correct)), 2))
    tables = [_contingency(is_correct[first], is_correct[second]) for first, second in pairs]
    ps = [mcnemar_p(only_first, only_second) for _, only_first, only_second, _ in tables]
    return HeadComparison(
        head,
        measure,
        proportions=tuple(
            Proportion(count, total, *wilson_interval(count, total)) for count in counts
        ),
        # Corrected for the pairs of this head only: each head is a separate family of tests.
        tests=tuple(
            PairwiseTest(*pair, *table, p, adjusted)
            for pair, table, p, adjusted in zip(pairs, tables, ps, holm(ps), strict=True)
        ),
    )


def _contingency(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return the 2 × 2 table: both correct, only the first, only the second, neither."""
    # Numbers 0 to 3 in this order, one per example.
    cells = np.bincount(2 * (~first).astype(np.int64) + ~second, minlength=4)
    both, only_first, only_second, neither = (int(count) for count in cells)
    return both, only_first, only_second, neither
