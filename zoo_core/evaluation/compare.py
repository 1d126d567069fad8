"""Comparison of models on the same images: confidence intervals and paired tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset
from zoo_core.evaluation.evaluate import read_split
from zoo_core.evaluation.statistics import holm, mcnemar_p, wilson_interval
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.scores import Scores, score
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.model import Pretrained


@dataclass(frozen=True)
class Proportion:
    """How many images were read correctly, and how sure the share of them is.

    Attributes:
        correct: number of images.
        total: number of all images.
        low: from here to `high`, the accuracy on images of the same kind lies with a confidence
            of 95 % (`wilson_interval`).
        high: see `low`.
    """

    correct: int
    total: int
    low: float
    high: float

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        return self.correct / self.total


@dataclass(frozen=True)
class PairwiseTest:
    """Two models on the same images, whatever is asked of them: one label, or every one.

    Attributes:
        first: which of the members, from 0.
        second: likewise.
        both: number of images that both read correctly.
        only_first: that the first alone does.
        only_second: that the second alone does.
        neither: that neither does.
        p: of McNemar's exact test: how probable a difference as large as this is, or a larger one,
            where both are equally good.
        adjusted: `p` after Holm's correction for all pairs that are compared.
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
    """One thing that an image is read for.

    Attributes:
        head: which label, from 0; None for every label right.
        proportions: how well each member reads it.
        tests: each member with each other.
    """

    head: int | None
    proportions: tuple[Proportion, ...]
    tests: tuple[PairwiseTest, ...]


@dataclass(frozen=True)
class Comparison:
    """Several models on the same images.

    Attributes:
        dataset: its name.
        data: the data set.
        split: whose images are read.
        members: the models with their weights.
        predictions: what each reads.
    """

    dataset: str
    data: ArrayDataset
    split: str
    members: tuple[Pretrained, ...]
    predictions: tuple[Predictions, ...]

    @property
    def labels(self) -> NDArray[np.int64]:
        """The true classes, ``(N, heads)``."""
        return self.data.splits[self.split].labels

    @cached_property
    def scores(self) -> tuple[Scores, ...]:
        """Loss and accuracy of each member."""
        return tuple(score(each.logits, self.labels) for each in self.predictions)

    @cached_property
    def is_correct(self) -> NDArray[np.bool_]:
        """Whether each member reads each label correctly, ``(members, N, heads)``."""
        return np.stack([each.labels == self.labels for each in self.predictions])

    @cached_property
    def heads_compared(self) -> tuple[HeadComparison, ...]:
        """One a head; where there are several heads, one more for every label right."""
        heads = [_compare_head(self.is_correct[:, :, i], i) for i in range(self.labels.shape[1])]
        every: NDArray[np.bool_] = np.all(self.is_correct, axis=2)
        return tuple([*heads, _compare_head(every, None)] if heads[1:] else heads)

    @cached_property
    def disagreements(self) -> NDArray[np.int64]:
        """Rows of the images that some members read correctly, every label, and others do not.

        Those come first that the fewest members read; of equals, as they stand in the data set.
        """
        readers = self.is_correct.all(axis=2).sum(axis=0)
        rows = np.flatnonzero((readers > 0) & (readers < len(self.members)))
        return rows[np.argsort(readers[rows], kind="stable")].astype(np.int64)


def compare_pretrained(
    catalog: Catalog,
    pretrained: Sequence[Pretrained],
    *,
    dataset: str | None = None,
    split: str = "test",
) -> Comparison:
    """Let models read every image of a data set's split, and compare what they read.

    Args:
        catalog: what is installed.
        pretrained: the models with their weights, at least one.
        dataset: name of the data set; None for the one that they were trained on.
        split: for instance ``test`` or ``train``.

    Raises:
        ZooError: see `zoo_core.evaluation.evaluate.evaluate_pretrained`.
    """
    name, data, read = read_split(catalog, pretrained, dataset=dataset, split=split)
    return Comparison(name, data, split, tuple(pretrained), tuple(read))


def _compare_head(is_correct: NDArray[np.bool_], head: int | None) -> HeadComparison:
    """Return what is known of one question.

    Args:
        is_correct: whether each member answers it correctly for each image, ``(members, N)``.
        head: see `HeadComparison`.
    """
    total = is_correct.shape[1]
    counts = [int(each.sum()) for each in is_correct]
    pairs = list(combinations(range(len(is_correct)), 2))
    tables = [_contingency(is_correct[first], is_correct[second]) for first, second in pairs]
    ps = [mcnemar_p(only_first, only_second) for _, only_first, only_second, _ in tables]
    return HeadComparison(
        head=head,
        proportions=tuple(
            Proportion(count, total, *wilson_interval(count, total)) for count in counts
        ),
        tests=tuple(
            PairwiseTest(*pair, *table, p, adjusted)
            for pair, table, p, adjusted in zip(pairs, tables, ps, holm(ps), strict=True)
        ),
    )


def _contingency(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return how many images both read, the first alone, the second alone, and neither."""
    cells = np.bincount(2 * (~first).astype(np.int64) + ~second, minlength=4)
    both, only_first, only_second, neither = (int(count) for count in cells)
    return both, only_first, only_second, neither
