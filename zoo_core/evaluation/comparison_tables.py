"""Tables of a comparison: the estimates of the models, and the tests of their pairs."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.evaluation.compare_heads import HeadComparison, PairedMeans, PairwiseTest
from zoo_core.metrics.score_table import share_text
from zoo_core.table import Table

ALPHA = 0.05
"""Significance level: a difference with a smaller p-value is significant."""


def estimate_table(comparison: HeadComparison, names: Sequence[str]) -> Table:
    """Return the first measure of each model, with its 95 % confidence interval."""
    shares = [share_text(each.correct, each.total) for each in comparison.proportions]
    means = [f"{each.mean:.5g} ({each.low:.5g} to {each.high:.5g})" for each in comparison.means]
    title = f"{comparison.measure.name.replace('_', ' ')} (95 % interval)"
    return Table(("model", title), [*zip(names, shares or means, strict=True)])


def pair_table(comparison: HeadComparison, names: Sequence[str]) -> Table:
    """Return the test of each pair of models."""
    pairs: tuple[PairwiseTest | PairedMeans, ...] = (*comparison.tests, *comparison.paired)
    rows = [
        [
            names[each.first],
            names[each.second],
            f"{each.adjusted:.2g}",
            better(comparison, each, names),
        ]
        for each in pairs
    ]
    return Table(("first", "second", "p", "better"), rows)


def better(
    comparison: HeadComparison, pair: PairwiseTest | PairedMeans, names: Sequence[str]
) -> str:
    """Return the name of the significantly better model of a pair, or ``either``."""
    # Adjusted for the number of pairs: among many models, some differ by chance.
    if pair.adjusted >= ALPHA:
        return "either"
    if isinstance(pair, PairwiseTest):
        is_first = pair.only_first > pair.only_second
    else:
        is_first = (pair.difference > 0) == comparison.measure.higher_is_better
    return names[pair.first if is_first else pair.second]
