"""Comparison of models on the same images: confidence intervals and paired tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset
from zoo_core.evaluation.evaluate import SAME_NAMES, predict_split
from zoo_core.evaluation.scored_split import ScoredSplit
from zoo_core.evaluation.statistics import holm, mcnemar_p, wilson_interval
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.scores import Scores, score
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.model import Pretrained


@dataclass(frozen=True)
class Proportion:
    """An accuracy and its 95 % confidence interval.

    Attributes:
        correct: number of correct predictions.
        total: number of images.
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
class PairwiseTest:
    """McNemar's test of two models on the same images, for one head or for all.

    Attributes:
        first: index of the first member, from 0.
        second: index of the second member.
        both: number of images that both predict correctly.
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
class HeadComparison:
    """The comparison of all members for one head, or for all heads together.

    Attributes:
        head: index of the head, from 0; None for "all heads correct".
        proportions: accuracy of each member.
        tests: one test per pair of members.
    """

    head: int | None
    proportions: tuple[Proportion, ...]
    tests: tuple[PairwiseTest, ...]


@dataclass(frozen=True)
class Comparison:
    """The comparison of several models on the same images.

    Attributes:
        scored: the scored images of a data set's split.
        members: the models with their weights.
        predictions: predictions of each member for the scored images.
    """

    scored: ScoredSplit
    members: tuple[Pretrained, ...]
    predictions: tuple[Predictions, ...]

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return self.scored.dataset

    @property
    def data(self) -> ArrayDataset:
        """The data set, also with images that are not scored."""
        return self.scored.data

    @property
    def split(self) -> str:
        """Name of the split."""
        return self.scored.name

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """Names of the classes per head, those of the first member."""
        return self.scored.classes

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the split that are scored, ``(N,)``."""
        return self.scored.rows

    @property
    def labels(self) -> NDArray[np.int64]:
        """The true classes, ``(N, heads)``."""
        return self.scored.labels

    @property
    def notes(self) -> tuple[str, ...]:
        """Differences between the data and the cards, as sentences."""
        return self.scored.notes

    # Cached, because `zoo report` uses each of these several times.
    @cached_property
    def scores(self) -> tuple[Scores, ...]:
        """Loss and accuracy of each member."""
        return tuple(score(each.logits, self.labels) for each in self.predictions)

    @cached_property
    def is_correct(self) -> NDArray[np.bool_]:
        """True for each correct label, ``(members, N, heads)``."""
        return np.stack([each.labels == self.labels for each in self.predictions])

    @cached_property
    def heads_compared(self) -> tuple[HeadComparison, ...]:
        """One comparison per head, and for several heads one more for all of them together."""
        heads = [_compare_head(self.is_correct[:, :, i], i) for i in range(self.labels.shape[1])]
        all_heads: NDArray[np.bool_] = np.all(self.is_correct, axis=2)
        return tuple([*heads, _compare_head(all_heads, None)] if heads[1:] else heads)

    @cached_property
    def disagreements(self) -> NDArray[np.int64]:
        """Indices of the scored images that some members, but not all, predict correctly.

        `rows` has their rows in the split. The images with the fewest correct members come first.
        """
        correct = self.is_correct.all(axis=2).sum(axis=0)  # (N,), number of members
        rows = np.flatnonzero((correct > 0) & (correct < len(self.members)))
        # Stable: equal numbers keep the order of the data set.
        return rows[np.argsort(correct[rows], kind="stable")].astype(np.int64)


def compare_pretrained(
    catalog: Catalog,
    pretrained: Sequence[Pretrained],
    *,
    dataset: str | None = None,
    split: str = "test",
    classes: Mapping[str, str] = SAME_NAMES,
) -> Comparison:
    """Compare the predictions of models for the images of a split that none was trained on.

    Arguments and errors are those of `zoo_core.evaluation.evaluate.evaluate_pretrained`.
    """
    scored, predictions = predict_split(
        catalog, pretrained, dataset=dataset, split=split, classes=classes
    )
    return Comparison(scored, tuple(pretrained), tuple(predictions))


def _compare_head(is_correct: NDArray[np.bool_], head: int | None) -> HeadComparison:
    """Return the comparison for one head.

    Args:
        is_correct: True for each correct prediction, ``(members, N)``.
        head: see `HeadComparison`.
    """
    total = is_correct.shape[1]
    counts = [int(each.sum()) for each in is_correct]  # Python's int, for exact arithmetic and JSON
    pairs = list(combinations(range(len(is_correct)), 2))
    tables = [_contingency(is_correct[first], is_correct[second]) for first, second in pairs]
    ps = [mcnemar_p(only_first, only_second) for _, only_first, only_second, _ in tables]
    return HeadComparison(
        head=head,
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
    # Numbers 0 to 3 in this order, one per image.
    cells = np.bincount(2 * (~first).astype(np.int64) + ~second, minlength=4)
    both, only_first, only_second, neither = (int(count) for count in cells)
    return both, only_first, only_second, neither
