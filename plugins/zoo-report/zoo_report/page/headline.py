"""The numbers at the head of a model's section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zoo_core import Comparison, Measure
from zoo_core.plugin_api import HeadComparison, PublishedCard
from zoo_report.heads.names import capitalized, metric_name, number
from zoo_report.heads.results import HeadResults
from zoo_report.page.report_model import ReportModel


@dataclass(frozen=True)
class Headline:
    """A number with its name, a note below it, and the class of its element."""

    name: str
    value: str
    note: str
    style: str = ""


def headlines(comparison: Comparison, member: int, heads: list[HeadResults]) -> list[Headline]:
    """Return the numbers that sum up a model's predictions."""
    main = comparison.heads_compared[-1]
    if main.proportions:
        return _shares(comparison, main, member, heads)
    total = Headline("Scored", f"{len(heads[0]):,}", heads[0].examples.noun)
    return [*(_headline(comparison, member, head) for head in heads), total]


def _shares(
    comparison: Comparison, main: HeadComparison, member: int, heads: list[HeadResults]
) -> list[Headline]:
    """Return the shares of correct predictions, of all heads and of each."""
    share, noun = main.proportions[member], heads[0].examples.noun
    interval = f"{share.low:.2%} to {share.high:.2%}"
    name = "Every label correct" if heads[1:] else capitalized(metric_name(main.measure.name))
    found = [Headline(name, f"{share.accuracy:.2%}", f"95 % interval {interval}", "main")]
    for head in heads if heads[1:] else ():
        own = comparison.heads_compared[head.number].proportions[member]
        note = f"{own.low:.2%} to {own.high:.2%}"
        found.append(Headline(f"Head {head.number + 1}", f"{own.accuracy:.2%}", note))
    wrong = "Misclassified" if main.measure.name == "accuracy" else "Wrong"
    count = f"{share.total - share.correct:,}"
    found.append(Headline(wrong, count, f"of {share.total:,} {noun}"))
    losses = comparison.scores[member].metrics.get("loss", ())
    if losses and None not in losses:
        texts = " / ".join(f"{loss:.4f}" for loss in losses)
        style = "long" if heads[1:] else ""
        found.append(Headline("Loss", texts, f"nats, mean over all {noun}", style))
    return found


def _headline(comparison: Comparison, member: int, head: HeadResults) -> Headline:
    """Return the metric of a head that lists show, with the interval of its first measure."""
    scores = comparison.scores[member]
    metric = scores.headline_names[head.number]
    name = metric_name(metric)
    name = f"{head.title}, {name}" if head.heads > 1 else capitalized(name)
    compared = comparison.heads_compared[head.number]
    note = _interval(compared, member, named=compared.measure.name != metric)
    return Headline(name, number(metric, scores[metric][head.number]), note, "main")


def _interval(compared: HeadComparison, member: int, *, named: bool) -> str:
    """Return the 95 % interval of a measure as text."""
    measure = compared.measure
    found = (compared.proportions or compared.means)[member]
    bounds = f"{number(measure.name, found.low)} to {number(measure.name, found.high)}"
    return f"{_named(measure) if named else ''}95 % interval {bounds}"


def _named(measure: Measure) -> str:
    return f"{metric_name(measure.name)}, "


def metric_rows(comparison: Comparison, member: int, heads: list[HeadResults]) -> list[list[str]]:
    """Return all metrics of a model, a row of texts per metric: its name, and a value per head."""
    found = [comparison.scores[member].metrics]
    details = [head.task.details(head.measured) for head in heads]
    names = dict.fromkeys(name for each in details for name in each)
    found.append({name: tuple(each.get(name) for each in details) for name in names})
    return [
        [metric_name(name), *("–" if each is None else number(name, each) for each in values)]
        for metrics in found
        for name, values in metrics.items()
    ]


def seeds_text(subject: ReportModel) -> str:
    """Return the results of trainings with other seeds as a sentence; empty if unknown."""
    card: Any = subject.card
    interval = card.interval if isinstance(card, PublishedCard) else None
    if interval is None:
        return ""
    metrics = interval.metric or ("accuracy",) * len(interval.mean)
    columns = zip(metrics, interval.mean, interval.sd, interval.low, interval.high, strict=True)
    many = len(interval.mean) > 1
    means, bounds = [], []
    for head, (metric, mean, sd, low, high) in enumerate(columns, 1):
        is_share = number(metric, 1.0).endswith("%")
        spread = f"{round(100 * sd, 2)}" if is_share else number(metric, sd)
        name = f"{metric_name(metric)} " if interval.metric else ""
        which = f" (head {head})" if many else ""
        means.append(f"{name}{number(metric, mean)} ± {spread}{which}")
        top = min(high, 1.0) if is_share else high
        bounds.append(f"{number(metric, low)} to {number(metric, top)}")
    what = "Results" if interval.metric else "Accuracy"
    return (
        f"{what} of {len(interval.seeds)} trainings with different seeds on the test split of "
        f"{card.dataset.name}: {' and '.join(means)}; 95 % prediction interval of one more: "
        f"{' and '.join(bounds)}."
    )
