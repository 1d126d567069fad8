"""The prediction interval of test accuracy over seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from typing import Protocol

from zoo_core.errors import InvalidValueError
from zoo_core.metrics.scores import Scores
from zoo_core.recipes.recipe import Recipe
from zoo_core.weights.card import Interval

MIN_SEEDS = 3

DECIMALS = 3
"""Decimals of Student's t in the intervals on published cards."""


class TrainedModel(Protocol):
    """What is known of a training: a card, or what was kept of one."""

    @property
    def model(self) -> str: ...
    @property
    def recipe(self) -> Recipe: ...
    @property
    def metrics(self) -> dict[str, Scores]: ...


def make_interval(trained: TrainedModel, others: Iterable[TrainedModel]) -> Interval | None:
    """Return the interval of a training and others that differ from it in the seed alone.

    Where another has the same seed, as one that was made for a table of results, that one counts.
    It is the prediction interval of a normal distribution (mean ± t · sd · √(1 + 1/n)): one more
    training's accuracy lies in it with a probability of 95 %. None where there are too few.

    Raises:
        InvalidValueError: another training differs in more than the seed.
    """
    by_seed = {trained.recipe.seed: trained}
    for other in others:
        same = other.recipe.model_copy(update={"seed": trained.recipe.seed})
        if other.model != trained.model or same != trained.recipe:
            raise InvalidValueError(
                f"a training of {other.model} with seed {other.recipe.seed} differs from the one "
                "to be published in more than the seed"
            )
        by_seed[other.recipe.seed] = other
    if len(by_seed) < MIN_SEEDS:
        return None
    seeds = tuple(sorted(by_seed))
    heads = zip(*(by_seed[seed].metrics["test"].accuracy for seed in seeds), strict=True)
    rows = [_of_head(accuracies) for accuracies in heads]
    mean, sd, low, high = (tuple(column) for column in zip(*rows, strict=True))
    return Interval(seeds=seeds, mean=mean, sd=sd, low=low, high=high)


def is_within(scores: Scores, interval: Interval) -> bool:
    """Say whether a training's test accuracies lie in an interval, every head's."""
    heads = zip(scores.accuracy, interval.low, interval.high, strict=True)
    return all(low <= accuracy <= high for accuracy, low, high in heads)


def student_t(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's t with two or more degrees of freedom."""
    low, high = 1.9, 4.4  # the quantiles fall from 4.303 to the normal distribution's 1.960
    while high - low > 1e-9:
        middle = (low + high) / 2
        if _probability_within(middle, degrees) < 0.95:
            low = middle
        else:
            high = middle
    return round(low, DECIMALS)


def _probability_within(bound: float, degrees: int) -> float:
    """Return the probability that Student's t lies between -bound and bound.

    It is the finite sum of Abramowitz & Stegun (1964), 26.7.3 and 26.7.4.
    """
    angle = math.atan(bound / math.sqrt(degrees))
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = term
    for power in range(2 + odd, degrees - 1, 2):
        term *= math.cos(angle) ** 2 * (power - 1) / power
        total += term
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total


def _of_head(accuracies: tuple[float, ...]) -> tuple[float, float, float, float]:
    count = len(accuracies)
    mean, sd = statistics.fmean(accuracies), statistics.stdev(accuracies)
    width = student_t(count - 1) * sd * math.sqrt(1 + 1 / count)
    rounded = (round(each, 6) for each in (mean, sd, max(0.0, mean - width), mean + width))
    mean, sd, low, high = rounded
    return mean, sd, low, min(1.0, high)
