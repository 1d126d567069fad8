"""The table of scores: one row per split and head, with a confidence interval of each share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from zoo_core.metrics.metric_text import counts_examples, format_metric
from zoo_core.metrics.wilson import wilson_interval
from zoo_core.table import Table

_SHARES = {"correct": "accuracy", "exact": "exact_match"}
"""Count of examples -> the metric that is this count as a share of all."""

TRAIN = "train"
"""Split whose scores are means over an epoch, in which the weights change: without interval."""

INTERVAL = "Shares have a 95 % confidence interval, after Wilson."


# Structural, because `zoo_core.metrics.scores` imports this module.
class Scores(Protocol):
    """The attributes of `zoo_core.metrics.scores.Scores` that are shown."""

    @property
    def metrics(self) -> Mapping[str, tuple[Any, ...]]: ...
    @property
    def total(self) -> int: ...
    @property
    def all_correct(self) -> int | None: ...
    @property
    def headline_names(self) -> tuple[str, ...]: ...


def score_table(metrics: Mapping[str, Scores]) -> Table:
    """Return the scores of splits by name as a table."""
    names = [*dict.fromkeys(name for scores in metrics.values() for name in _columns(scores))]
    several = any(len(scores.headline_names) > 1 for scores in metrics.values())
    titles = [name.replace("_", " ") for name in names]
    columns = ["split", *(["head"] if several else []), "examples", *titles]
    rows = [
        [split, *([head] if several else []), f"{scores.total:,}", *(map(cells.get, names))]
        for split, scores in metrics.items()
        for head, cells in _heads(scores, interval=split != TRAIN)
    ]
    return Table(columns, [[cell or "" for cell in row] for row in rows])


def share_text(correct: int, total: int) -> str:
    """Return ``99.75% (99.63 to 99.83)``: a share with its confidence interval."""
    low, high = wilson_interval(correct, total)
    return f"{correct / total:.2%} ({100 * low:.2f} to {100 * high:.2f})"


def headline_text(scores: Scores) -> str:
    """Return the metric of each head that lists show, with its interval if it is a share."""
    names = dict.fromkeys(scores.headline_names)
    cells = [cells for head, cells in _heads(scores, interval=True) if head != "all"]
    return "; ".join(
        (name.replace("_", " ") + " ") * (name != "accuracy")
        + " / ".join(each[name] for each in cells if each.get(name))
        for name in names
    )


def _columns(scores: Scores) -> Iterator[str]:
    """Yield the metrics without the counts that another column has as a share, the loss last."""
    names = [name for name in scores.metrics if _SHARES.get(name) not in scores.metrics]
    yield from sorted(names, key=lambda name: name == "loss")


def _heads(scores: Scores, *, interval: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the number of each head with its cells by metric, then those of all heads."""
    heads = len(scores.headline_names)
    for head in range(heads):
        values = {name: row[head] for name, row in scores.metrics.items()}
        cells = {
            name: format_metric(name, value) for name, value in values.items() if value is not None
        }
        if interval and scores.total:
            cells |= dict(_shares(values, scores.total))
        yield str(head + 1), cells
    if scores.all_correct is not None and heads > 1 and interval:
        yield "all", {"accuracy": share_text(scores.all_correct, scores.total)}


def _shares(values: Mapping[str, float | int | None], total: int) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        # Not more than all, because a plugin may count something else, such as pixels.
        if counts_examples(name) and isinstance(value, int) and 0 <= value <= total:
            share = _SHARES.get(name, name)
            yield share if share in values else name, share_text(value, total)
