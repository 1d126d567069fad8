"""Comparison of models on the same examples: confidence intervals and paired tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset
from zoo_core.evaluation.compare_heads import HeadComparison, compare_head
from zoo_core.evaluation.evaluate import SAME_NAMES, find_scored_split
from zoo_core.evaluation.scored_split import ScoredSplit
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.scores import Scores, score
from zoo_core.metrics.task import Measured, Task
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.model import Pretrained


@dataclass(frozen=True)
class Comparison:
    """The comparison of several models on the same examples.

    Attributes:
        scored: the scored examples of a data set's split.
        members: the models with their weights.
        predictions: predictions of each member for the scored examples.
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
        """The data set, also with examples that are not scored."""
        return self.scored.data

    @property
    def split(self) -> str:
        """Name of the split."""
        return self.scored.name

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Task of each head, with the classes of the first member."""
        return self.scored.tasks

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the split that are scored, ``(N,)``."""
        return self.scored.rows

    @property
    def targets(self) -> tuple[NDArray[Any], ...]:
        """The targets per head, ``(N, …)``."""
        return self.scored.targets

    @property
    def notes(self) -> tuple[str, ...]:
        """Differences between the data and the cards, as sentences."""
        return self.scored.notes

    # Cached, because `zoo report` uses each of these several times.
    @cached_property
    def measured(self) -> tuple[list[Measured], ...]:
        """The measures of each member, per head."""
        every = slice(0, len(self.scored))
        return tuple(self.scored.measure(each.outputs, every) for each in self.predictions)

    @cached_property
    def scores(self) -> tuple[Scores, ...]:
        """Metrics of each member."""
        return tuple(score(self.tasks, each) for each in self.measured)

    def _repr_html_(self) -> str:
        from zoo_core.evaluation.comparison_tables import estimate_table, pair_table
        from zoo_core.table import html_table, html_title

        names = [each.name.partition("@")[0] for each in self.members]
        total = f"{len(self.rows):,} examples of {self.dataset}, split {self.split}"
        parts = [html_title(f"Comparison on {total}")]
        for each in self.heads_compared:
            head = "all heads" if each.head is None else f"head {each.head + 1}"
            parts += [html_title(head)] * (len(self.tasks) > 1)
            parts += [html_table(make(each, names)) for make in (estimate_table, pair_table)]
        return "".join(parts)

    def values(self, head: int) -> NDArray[np.float64]:
        """Return the first measure of a head, ``(members, N)``."""
        name = self.tasks[head].measures[0].name
        columns = [each[head].columns[name] for each in self.measured]
        return np.stack(columns).astype(np.float64)

    @cached_property
    def heads_compared(self) -> tuple[HeadComparison, ...]:
        """One comparison per head, and one for all heads together, if all are right or wrong."""
        measures = [task.measures[0] for task in self.tasks]
        heads = [compare_head(self.values(i), i, each) for i, each in enumerate(measures)]
        if not heads[1:] or not all(measure.binary for measure in measures):
            return tuple(heads)
        every = np.all([self.values(i) > 0 for i in range(len(heads))], axis=0)
        return (*heads, compare_head(every.astype(np.float64), None, measures[0]))

    def truth(self, index: int) -> list[str]:
        """Return the targets of a scored example as text, per head."""
        return [
            next(task.target_texts(target[index : index + 1]))
            for task, target in zip(self.tasks, self.targets, strict=True)
        ]

    def answers(self, member: int, index: int) -> list[str]:
        """Return a member's discrete answers for a scored example as text, per head."""
        found = []
        for task, head in zip(self.tasks, self.predictions[member].heads, strict=True):
            answers = task.answers(head)
            assert answers is not None  # a binary measure compares discrete answers
            found.append(next(task.target_texts(answers[index : index + 1])))
        return found

    @cached_property
    def disagreements(self) -> NDArray[np.int64]:
        """Indices of the scored examples that some members, but not all, predict correctly.

        `rows` has their rows in the split. The examples with the fewest correct members come
        first. It is empty unless the first measure of every head is 0 or 1.
        """
        if not all(task.measures[0].binary for task in self.tasks):
            return np.empty(0, np.int64)
        right = np.all([self.values(i) > 0 for i in range(len(self.tasks))], axis=0)
        correct = right.sum(axis=0)  # (N,), number of members
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
    """Compare the predictions of models for the examples of a split that none was trained on.

    Arguments and errors are those of `zoo_core.evaluation.evaluate.evaluate_pretrained`.
    """
    scored = find_scored_split(catalog, pretrained, dataset=dataset, split=split, classes=classes)
    predictions = tuple(scored.predict(each) for each in pretrained)
    return Comparison(scored, tuple(pretrained), predictions)
