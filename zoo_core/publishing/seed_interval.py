"""The prediction interval of a test score over seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from typing import Protocol

from zoo_core.errors import InvalidValueError, join_names
from zoo_core.metrics.metric_text import is_share
from zoo_core.metrics.scores import Scores
from zoo_core.recipes.recipe import Recipe
from zoo_core.weights.card import Interval

MIN_SEEDS = 3
"""Minimum number of trainings for an interval."""
# With two, one degree of freedom, Student's t is 12.7, and the interval covers everything.

ROUNDING = 1e-6
"""Relative error of a score that counts as equal."""
# Because trainings whose seeds have no effect have an interval without a width, and another
# processor adds up floats in another order.

DECIMALS = 3
"""Decimals of Student's t in the intervals on published cards."""
# As many as statistical tables print, so that an interval can be recomputed by hand.


class TrainedModel(Protocol):
    """The facts of a training that an interval requires: those of a card, or of a table's row."""

    @property
    def model(self) -> str: ...
    @property
    def recipe(self) -> Recipe: ...
    @property
    def metrics(self) -> dict[str, Scores]: ...


def make_interval(trained: TrainedModel, others: Iterable[TrainedModel]) -> Interval:
    """Return the interval of test scores of trainings that differ in the seed alone.

    It is the prediction interval of a normal distribution, mean ± t · sd · √(1 + 1/n), which
    contains the score of one more training with a probability of 95 %.

    Args:
        trained: the training to publish.
        others: trainings with other seeds. One with the same seed replaces `trained`.

    Raises:
        InvalidValueError: a training differs in more than the seed, or there are fewer than three
            seeds.
    """
    by_seed = {trained.recipe.seed: trained}
    for other in others:
        differs = [k for k, v in other.recipe if k != "seed" and v != getattr(trained.recipe, k)]
        if other.model != trained.model or differs:
            raise InvalidValueError(
                f"the training of {other.model} with seed {other.recipe.seed} differs from the "
                f"published one, of {trained.model}, in more than the seed: {join_names(differs)}"
            )
        by_seed[other.recipe.seed] = other
    seeds = tuple(sorted(by_seed))
    if len(seeds) < MIN_SEEDS:
        raise InvalidValueError(
            f"--seed-run: expected at least {MIN_SEEDS - 1} runs with other seeds than "
            f"{trained.recipe.seed}, got {len(seeds) - 1} of them",
            hint="Train more with: zoo train --seed N",
        )
    tests = [by_seed[seed].metrics["test"] for seed in seeds]
    heads = zip(*(test.headline_values for test in tests), strict=True)
    names = tests[0].headline_names
    rows = [_of_head(values, name) for values, name in zip(heads, names, strict=True)]
    mean, sd, low, high = (tuple(column) for column in zip(*rows, strict=True))
    return Interval(metric=tests[0].headlines, seeds=seeds, mean=mean, sd=sd, low=low, high=high)


def is_within(scores: Scores, interval: Interval) -> bool:
    """Return whether the headline metric of every head is in an interval."""
    heads = zip(scores.headline_values, interval.low, interval.high, strict=True)
    return all(
        low - ROUNDING * abs(low) <= value <= high + ROUNDING * abs(high)
        for value, low, high in heads
    )


def student_t(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's t with two or more degrees of freedom."""
    # By bisection, because SciPy is not a dependency and this is all that it would be used for.
    low, high = 1.9, 4.4  # the quantiles fall from 4.303 to the normal distribution's 1.960
    while high - low > 1e-9:
        middle = (low + high) / 2
        if _probability_within(middle, degrees) < 0.95:
            low = middle
        else:
            high = middle
    return round(low, DECIMALS)


def _probability_within(bound: float, degrees: int) -> float:
    """Return the probability that Student's t is between -bound and bound."""
    # The finite sums of Abramowitz & Stegun (1964), 26.7.3 for odd degrees and 26.7.4 for even.
    angle = math.atan(bound / math.sqrt(degrees))
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = term
    for power in range(2 + odd, degrees - 1, 2):
        term *= math.cos(angle) ** 2 * (power - 1) / power
        total += term
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total


def _of_head(values: tuple[float, ...], name: str) -> tuple[float, float, float, float]:
    count = len(values)
    mean, sd = statistics.fmean(values), statistics.stdev(values)
    width = student_t(count - 1) * sd * math.sqrt(1 + 1 / count)
    low, high = mean - width, mean + width
    if not is_share(name):
        return mean, sd, low, high
    # Six decimals: the steps of a share are larger on any test split below a million examples.
    mean, sd, low, high = (round(each, 6) for each in (mean, sd, max(0.0, low), high))
    return mean, sd, low, min(1.0, high)
