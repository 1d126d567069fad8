"""The section of a page that compares models: the values that templates/comparison.html shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo_core import Comparison
from zoo_core.plugin_api import HeadComparison
from zoo_report.charts import charts_of
from zoo_report.curves import curve_elements, legend_of, mean_curve
from zoo_report.heads.confidence import ConfidenceResults
from zoo_report.heads.hardest import hard_texts
from zoo_report.heads.names import capitalized, metric_name, number
from zoo_report.heads.results import HeadResults, compared_results
from zoo_report.page.models_table import models_table
from zoo_report.page.report_model import ReportModel
from zoo_report.page.thumbnails import make_thumbnail, picture_of
from zoo_report.page.verdict import rank, verdict
from zoo_report.style import svg
from zoo_report.tradeoff import Point, draw_tradeoff

MAX_DISAGREEMENTS = 48
"""Maximum number of examples on whose answer the models disagree."""
HARDEST = 12
"""Maximum number of the hardest examples of a head."""


def comparison_section(
    first: int,
    subjects: Sequence[ReportModel],
    comparison: Comparison,
    confidences: Sequence[ConfidenceResults | None],
) -> dict[str, Any]:
    """Return the values of a comparison's section.

    Args:
        first: position of the first model in the page, from 0.
        subjects: models.
        comparison: comparison of the models, its members in the same order.
        confidences: confidence of the predictions of each model; None for tasks without.
    """
    results = [compared_results(comparison, member) for member in range(len(subjects))]
    questions = [_question(compared, results[0]) for compared in _in_order(comparison)]
    main = questions[0]["compared"]
    is_binary = bool(comparison.heads_compared[-1].proportions)
    noun = results[0][0].examples.noun
    # Models with equal scores stay in the order of the command line.
    ranked = rank(main)
    labels = [subject.label for subject in subjects]
    name = f"comparison-{first}"
    # Colors belong to the position of a model, also if the history of another one is unknown.
    known = [i for i, subject in enumerate(subjects) if subject.epochs]
    curves = {
        chart: [
            mean_curve(i, subjects[i].label, subjects[i].epochs, subjects[i].card.epoch, chart)
            for i in known
        ]
        for chart in (charts_of(subjects[known[0]].epochs) if known else ())
    }
    decisive = questions[:1] if is_binary else questions
    return {
        "first": first,
        "subjects": subjects,
        "comparison": comparison,
        "noun": noun,
        "main": main,
        "is_binary": is_binary,
        "questions": questions,
        "many": len(questions) > 1,
        "total": len(comparison.rows),
        "table": models_table(comparison, decisive, ranked, confidences),
        "verdict": " ".join(
            verdict(labels, each["compared"], noun, head="" if is_binary else each["head"])
            for each in decisive
        ),
        "legend": legend_of(curves),
        "curves": curve_elements(name, curves, suffix=" on the validation split"),
        "tradeoffs": _tradeoffs(name, subjects, decisive),
        "disagreements": [
            _disagreement(comparison, int(index))
            for index in comparison.disagreements[:MAX_DISAGREEMENTS]
        ],
        "hardest": []
        if is_binary
        else [_hardest(list(each)) for each in zip(*results, strict=True)],
    }


def _in_order(comparison: Comparison) -> list[HeadComparison]:
    """Return the comparisons of the heads; that of all heads together ranks and comes first."""
    *heads, last = comparison.heads_compared
    return [*heads, last] if last.head is not None and heads else [last, *heads]


def _question(compared: HeadComparison, heads: Sequence[HeadResults]) -> dict[str, Any]:
    """Return a comparison with the title of its head, and the name of its measure."""
    title = "" if compared.head is None or not heads[1:] else heads[compared.head].title
    every = "Every label correct" if compared.head is None else ""
    return {
        "compared": compared,
        "head": title,
        "title": title or every,
        "measure": metric_name(compared.measure.name),
        "number": lambda value: number(compared.measure.name, value),
    }


def _tradeoffs(
    name: str, subjects: Sequence[ReportModel], questions: Sequence[dict[str, Any]]
) -> list[str]:
    charts = {
        "parameters": [float(subject.card.parameters) for subject in subjects],
        "seconds of training": [subject.seconds or 0.0 for subject in subjects],
    }
    elements: list[str] = []
    for question in questions:
        compared = question["compared"]
        measure = None if compared.proportions else compared.measure
        quantity = question["measure"]
        what = capitalized(quantity) if measure is None else f"Mean {quantity}"
        what = f"{question['head']}: {what}" if question["head"] else what
        for label, costs in charts.items():
            shares = enumerate(compared.proportions or compared.means)
            points = [Point(subjects[i].label, i, costs[i], share) for i, share in shares]
            title = f"{what} and {label}"
            if figure := draw_tradeoff(title, label, points, measure):
                values = (f"{p.label} {_value(question, p)}, {p.cost:,.6g} {label}" for p in points)
                id_ = f"{name}-cost-{len(elements)}"
                elements.append(svg(figure, id_, f"{title}: {'; '.join(values)}"))
    return elements


def _value(question: dict[str, Any], point: Point) -> str:
    share: Any = point.share
    is_mean = not question["compared"].proportions
    return question["number"](share.mean) if is_mean else f"{share.accuracy:.2%}"


def _disagreement(comparison: Comparison, index: int) -> dict[str, Any]:
    truth = comparison.truth(index)
    answers = [comparison.answers(member, index) for member in range(len(comparison.members))]
    return {
        "tile": make_thumbnail(comparison, index, truth, truth),
        "predicted": [(" ".join(each), each == truth) for each in answers],
    }


def _hardest(members: list[HeadResults]) -> dict[str, Any]:
    """Return the examples with the worst first measure, its mean over the models."""
    head = members[0]
    measure = head.task.measures[0]
    columns = np.stack([each.measured.columns[measure.name] for each in members])
    means = columns.mean(axis=0, dtype=np.float64)
    order = np.argsort(means if measure.higher_is_better else -means, kind="stable")[:HARDEST]
    texts = [hard_texts(each, order) for each in members]
    images = head.examples.are_images
    return {
        "title": head.title if head.heads > 1 else "",
        "measure": capitalized(metric_name(measure.name)),
        "rows": [
            (row[0], picture_of(head.examples, row[0].index) if images else None, row)
            for row in zip(*texts, strict=True)
        ],
        "has_inputs": any(each.input for each in texts[0]),
    }
