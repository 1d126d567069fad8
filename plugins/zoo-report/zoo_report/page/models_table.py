"""The table of compared models: their measures with intervals, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from zoo_core import Comparison
from zoo_core.plugin_api import HeadComparison
from zoo_report.heads.confidence import ConfidenceResults
from zoo_report.heads.names import capitalized, metric_name, number


@dataclass(frozen=True)
class Column:
    """A column: its header, a text per model, and whether it is strong or small."""

    header: str
    texts: Sequence[str]
    is_strong: bool = False
    is_small: bool = False


def models_table(
    comparison: Comparison,
    questions: Sequence[dict[str, Any]],
    ranked: Sequence[int],
    confidences: Sequence[ConfidenceResults | None],
) -> dict[str, Any]:
    """Return the columns of measures and confidence, and the models in their order.

    Args:
        comparison: comparison of the models.
        questions: comparisons that the models are judged by.
        ranked: models from the best to the worst.
        confidences: confidence of the predictions of each model; None for tasks without.
    """
    columns = [column for each in questions for column in _columns(comparison, each)]
    known = [each for each in confidences if each]
    if len(known) == len(confidences):
        columns.append(Column("Calibration error", [f"{each.test.error:.2%}" for each in known]))
        columns.append(Column("Accepted", [f"{each.accepted:.2%}" for each in known]))
    return {"columns": columns, "ranked": ranked}


def _columns(comparison: Comparison, question: dict[str, Any]) -> Iterator[Column]:
    compared: HeadComparison = question["compared"]
    prefix = f"{question['head']}: " if question["head"] else ""
    if compared.proportions:
        yield from _shares(comparison, compared, prefix)
    else:
        yield from _means(comparison, compared, prefix)


def _shares(comparison: Comparison, compared: HeadComparison, prefix: str) -> Iterator[Column]:
    shares = compared.proportions
    name = capitalized(metric_name(compared.measure.name))
    wrong = "Misclassified" if compared.measure.name == "accuracy" else "Wrong"
    bounds = [f"{share.low:.2%} to {share.high:.2%}" for share in shares]
    yield Column(prefix + name, [f"{share.accuracy:.2%}" for share in shares], is_strong=True)
    yield Column("95 % interval", bounds, is_small=True)
    yield Column(wrong, [f"{share.total - share.correct:,}" for share in shares])
    if compared.head is None:
        for own in comparison.heads_compared[:-1]:
            assert own.head is not None  # the last one is of all heads
            texts = [f"{share.accuracy:.2%}" for share in own.proportions]
            yield Column(f"Head {own.head + 1}", texts)
    if not prefix and all("loss" in each.metrics for each in comparison.scores):
        yield Column("Loss", [f"{each.mean_loss:.4f}" for each in comparison.scores])


def _means(comparison: Comparison, compared: HeadComparison, prefix: str) -> Iterator[Column]:
    head, name = compared.head, compared.measure.name
    assert head is not None  # only right or wrong answers are compared for all heads
    metric = comparison.scores[0].headline_names[head]
    if metric != name:
        texts = [number(metric, each[metric][head]) for each in comparison.scores]
        yield Column(prefix + capitalized(metric_name(metric)), texts)
    texts = [number(name, each.mean) for each in compared.means]
    bounds = [f"{number(name, each.low)} to {number(name, each.high)}" for each in compared.means]
    yield Column(f"{prefix}{capitalized(metric_name(name))}", texts, is_strong=True)
    yield Column("95 % interval", bounds, is_small=True)
