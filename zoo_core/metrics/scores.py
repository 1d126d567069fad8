"""Scores: metrics per head, from the measures of examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from zoo_core.metrics.metric_text import counts_examples, format_loss, format_metric
from zoo_core.metrics.task import Array, Measure, Measured, Metrics, Task
from zoo_core.metrics.task_contract import measure_head, metrics_of
from zoo_core.text import counted

Values = tuple[float | int | None, ...]
"""The values of a metric: one per head, None for a head whose task does not have it."""


@dataclass(frozen=True)
class Scores:
    """Metrics of predictions for a set of examples.

    Attributes:
        metrics: name -> one value per head; None for a head whose task does not have the metric.
        total: number of examples.
        all_correct: number of examples that every head predicts correctly; None if the first
            measure of a head is not 0 or 1.
        headlines: name of the metric per head that lists show; empty for the accuracy of all.
    """

    metrics: Mapping[str, Values]
    total: int
    all_correct: int | None = None
    headlines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", MappingProxyType(dict(self.metrics)))

    def __getitem__(self, metric: str) -> tuple[Any, ...]:
        """Return a metric's values, one per head."""
        return self.metrics[metric]

    @property
    def headline(self) -> dict[str, list[float]]:
        """The metrics that lists show, each with its values of the heads that it is for."""
        found: dict[str, list[float]] = {}
        for name, value in zip(self.headline_names, self.headline_values, strict=True):
            found.setdefault(name, []).append(value)
        return found

    @property
    def headline_names(self) -> tuple[str, ...]:
        """Name of each head's metric that lists show."""
        return self.headlines or (ACCURACY,) * len(next(iter(self.metrics.values())))

    @property
    def headline_values(self) -> tuple[float, ...]:
        """Value of each head's metric that lists show."""
        return tuple(self[name][head] for head, name in enumerate(self.headline_names))

    @property
    def mean_loss(self) -> float:
        """Mean loss of the heads."""
        losses = [each for each in self.metrics.get("loss", ()) if each is not None]
        return sum(losses) / len(losses) if losses else float("nan")

    @property
    def counts(self) -> list[str]:
        """``9,912 / 9,874 of 10,000 examples correct`` for each metric that counts examples."""
        every = counted(self.total, "example")
        return [
            f"{' / '.join(f'{each:,}' for each in values)} of {every} {name}"
            for name, values in self.metrics.items()
            if _is_count(name, values)
        ]

    @property
    def counts_text(self) -> str:
        """The counts in one sentence; without any, the number of examples."""
        return ", ".join(self.counts) or counted(self.total, "example")

    def to_json(self) -> dict[str, Any]:
        """Return the scores as JSON values; `from_json` is the inverse."""
        values: dict[str, Any] = {name: list(each) for name, each in self.metrics.items()}
        correct = {} if self.all_correct is None else {"all_correct": self.all_correct}
        headlines = {"headlines": list(self.headlines)} if self.headlines else {}
        return {**values, **correct, "total": self.total, **headlines}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Scores:
        """Return the scores of JSON values.

        Raises:
            ValueError: they are not scores.
        """
        metrics = {name: each for name, each in values.items() if name not in COUNTS}
        lengths = {len(each) if isinstance(each, list | tuple) else 0 for each in metrics.values()}
        numbers = [
            each for row in metrics.values() if isinstance(row, list | tuple) for each in row
        ]
        if (
            len(lengths) != 1
            or 0 in lengths
            or not all(each is None or isinstance(each, int | float) for each in numbers)
            or not isinstance(values.get("total"), int)
            or not isinstance(values.get("all_correct"), int | None)
            or not isinstance(values.get("headlines", []), list | tuple)
            or not set(values.get("headlines", [])) <= metrics.keys()
        ):
            raise ValueError(f"expected lists of numbers, one per head, and a total, got {values}")
        return cls(
            {name: tuple(each) for name, each in metrics.items()},
            total=values["total"],
            all_correct=values.get("all_correct"),
            headlines=tuple(values.get("headlines", ())),
        )

    def _repr_html_(self) -> str:
        # Deferred, as in every `_repr_html_`, because only notebooks need it.
        from zoo_core.metrics.score_table import score_table
        from zoo_core.table import Table, html_table

        columns, rows = score_table({"": self})
        return html_table(Table(columns[1:], [row[1:] for row in rows]))  # without the split

    def __str__(self) -> str:
        """Return ``loss 0.0312, accuracy 99.01% / 98.74%``; heads are separated by slashes."""
        parts = [f"loss {format_loss(self.mean_loss)}"] if "loss" in self.metrics else []
        for name, values in self.metrics.items():
            known = [each for each in values if each is not None]
            # Counts of examples are shares times the total, which the reader can see.
            if name != "loss" and not _is_count(name, known):
                shown = " / ".join(format_metric(name, each) for each in known)
                parts.append(f"{name.replace('_', ' ')} {shown}")
        return ", ".join(parts)


def _is_count(name: str, values: Sequence[float | None]) -> bool:
    """Return whether the values of a metric are numbers of examples."""
    return counts_examples(name) and all(isinstance(each, int) for each in values)


COUNTS = ("all_correct", "total", "headlines")
"""Keys of the JSON form that are not metrics."""

ACCURACY = "accuracy"
"""Headline of the first models, which the JSON form leaves out."""


def score(tasks: Sequence[Task], heads: Sequence[Measured], chosen: str = "") -> Scores:
    """Return the scores of measured examples.

    Args:
        tasks: task of each head.
        heads: measures of each head.
        chosen: metric that is the headline of each head that has it (`Recipe.choose_by`); empty
            for those of the tasks.
    """
    values = [metrics_of(task, head, chosen) for task, head in zip(tasks, heads, strict=True)]
    names = tuple(
        chosen if chosen in metrics else task.headline or task.measures[0].name
        for task, metrics in zip(tasks, values, strict=True)
    )
    return Scores(
        by_metric(values),
        len(heads[0]),
        _all_correct(tasks, heads),
        () if set(names) == {ACCURACY} else names,
    )


def by_metric(heads: Sequence[Metrics]) -> dict[str, Values]:
    """Return metrics of heads as one row per metric."""
    names = dict.fromkeys(name for head in heads for name in head)
    return {name: tuple(head.get(name) for head in heads) for name in names}


def _all_correct(tasks: Sequence[Task], heads: Sequence[Measured]) -> int | None:
    if not all(task.measures[0].binary for task in tasks):
        return None
    columns = [head.columns[task.measures[0].name] for task, head in zip(tasks, heads, strict=True)]
    return int(np.all(np.stack(columns, axis=1) > 0, axis=1).sum())


def measure(
    tasks: Sequence[Task], outputs: Sequence[Array], targets: Sequence[Array]
) -> list[Measured]:
    """Return the measures of each head's outputs against its targets."""
    if not len(outputs[0]):
        return _measure_none(tasks, outputs, targets)
    heads = zip(tasks, outputs, targets, strict=True)
    return [measure_head(*head) for head in heads]


def _measure_none(
    tasks: Sequence[Task], outputs: Sequence[Array], targets: Sequence[Array]
) -> list[Measured]:
    """Return the measures of no example, of a process without any: those of zeros, cut off."""
    ones = [
        [np.zeros((1, *each.shape[1:]), each.dtype) for each in of] for of in (outputs, targets)
    ]
    return [
        Measured(
            {name: column[:0] for name, column in head.columns.items()},
            {name: np.zeros_like(count) for name, count in head.counts.items()},
        )
        for head in measure(tasks, *ones)
    ]


def concatenate(parts: Sequence[Sequence[Measured]]) -> list[Measured]:
    """Return the measures of consecutive parts of the examples, each with one entry per head."""
    return [
        Measured(
            {
                name: np.concatenate([each.columns[name] for each in head])
                for name in head[0].columns
            },
            {name: np.sum([each.counts[name] for each in head], axis=0) for name in head[0].counts},
        )
        if len(head) > 1
        else head[0]
        for head in zip(*parts, strict=True)
    ]


def rank(tasks: Sequence[Task], heads: Sequence[Measured], chosen: str = "") -> tuple[float, float]:
    """Return numbers that order epochs: the higher one is better, the first decides first.

    With a `chosen` metric (`Recipe.choose_by`), that is its mean over the heads that have it.
    Otherwise:

    Heads that share their first measure are ranked by its sum, and then by the mean of their
    losses, which small splits need, because they tie. Heads with other first measures are ranked
    by the mean of their losses alone, because those have no common scale.
    """
    first = {task.measures[0] for task in tasks}
    loss = mean_of_losses(tasks, heads)
    if chosen:
        metrics = [metrics_of(task, head, chosen) for task, head in zip(tasks, heads, strict=True)]
        return signed_mean(tasks, by_metric(metrics)[chosen], chosen), loss
    if len(first) > 1:
        return loss, 0.0
    (measure,) = first
    # Of a measure 0 or 1 the sum is a whole number, so that equal ones are equal.
    return sum(_sum(head, measure) for head in heads), loss


def signed_mean(tasks: Sequence[Task], values: Values, metric: str) -> float:
    """Return the mean of a metric's values, one per head, each negative if lower is better."""
    signed = [
        value if task.is_higher_better(metric) else -value
        for task, value in zip(tasks, values, strict=True)
        if value is not None
    ]
    return sum(signed) / len(signed)


def mean_of_losses(tasks: Sequence[Task], heads: Sequence[Measured]) -> float:
    """Return minus the mean loss of the heads, with the first measure for a head without one."""
    losses = [
        next((each for each in task.measures if each.name == "loss"), task.measures[0])
        for task in tasks
    ]
    means = [_sum(*pair) / len(pair[0]) for pair in zip(heads, losses, strict=True)]
    return sum(means) / len(means)


def _sum(head: Measured, measure: Measure) -> float:
    """Return the sum of a measure, negative if lower is better."""
    total = float(head.columns[measure.name].sum())
    return total if measure.higher_is_better else -total
