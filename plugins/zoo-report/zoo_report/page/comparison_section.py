"""The section of a page that compares models: the values that templates/comparison.html shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo_core import Comparison
from zoo_core.plugin_api import HeadComparison, join_names
from zoo_report.curves import MEASURES, curve_elements, mean_curve
from zoo_report.page.report_model import ReportModel
from zoo_report.page.thumbnails import make_thumbnail
from zoo_report.style import svg
from zoo_report.tradeoff import Point, draw_tradeoff

MAX_DISAGREEMENTS = 48
"""Maximum number of images on whose class the models disagree."""
LEVEL = 0.05
"""Significance level of the adjusted p values."""


def comparison_section(
    first: int, subjects: Sequence[ReportModel], comparison: Comparison
) -> dict[str, Any]:
    """Return the values of a comparison's section.

    Args:
        first: position of the first model in the page, from 0.
        subjects: models.
        comparison: comparison of the models, its members in the same order.
    """
    # With several heads, the last entry, every label correct, ranks the models and comes first.
    *heads, main = comparison.heads_compared
    # Stable: models with equal scores stay in the order of the command line.
    ranked = sorted(range(len(subjects)), key=lambda i: -main.proportions[i].correct)
    name = f"comparison-{first}"
    # Colors belong to the position of a model, also if the history of another one is unknown.
    known = [i for i, subject in enumerate(subjects) if subject.epochs]
    curves = {
        measure: [
            mean_curve(i, subjects[i].label, subjects[i].epochs, subjects[i].card.epoch, measure)
            for i in known
        ]
        for measure in (MEASURES if known else ())
    }
    return {
        "first": first,
        "subjects": subjects,
        "comparison": comparison,
        "main": main,
        "heads_compared": [main, *heads],
        "ranked": ranked,
        "verdict": _verdict([subject.label for subject in subjects], main, ranked),
        "legend": curves.get("loss", []),
        "curves": curve_elements(name, curves, suffix=" on the validation split"),
        "tradeoffs": _tradeoffs(name, subjects, main),
        "disagreements": [
            _disagreement(comparison, int(index))
            for index in comparison.disagreements[:MAX_DISAGREEMENTS]
        ],
    }


def _tradeoffs(name: str, subjects: Sequence[ReportModel], main: HeadComparison) -> list[str]:
    charts = {
        "parameters": [float(subject.card.parameters) for subject in subjects],
        "seconds of training": [subject.seconds or 0.0 for subject in subjects],
    }
    elements = []
    for number, (label, costs) in enumerate(charts.items()):
        points = [
            Point(subject.label, i, costs[i], main.proportions[i])
            for i, subject in enumerate(subjects)
        ]
        title = f"Accuracy and {label}"
        if figure := draw_tradeoff(title, label, points):
            values = (f"{p.label} {p.share.accuracy:.2%}, {p.cost:,.6g} {label}" for p in points)
            elements.append(svg(figure, f"{name}-cost-{number}", f"{title}: {'; '.join(values)}"))
    return elements


def _verdict(labels: Sequence[str], main: HeadComparison, ranked: Sequence[int]) -> str:
    best = ranked[0]
    count, total = main.proportions[best].correct, main.proportions[best].total
    equal = [labels[i] for i in ranked if main.proportions[i].correct == count]
    if len(equal) > 1:
        return f"{join_names(equal)} classify equally many images correctly: {count:,}."
    adjusted = {
        pair.first + pair.second - best: pair.adjusted  # the key is the other of the two
        for pair in main.tests
        if best in (pair.first, pair.second)
    }
    result = f"{labels[best]} classifies the most images correctly: {count:,} of {total:,}."
    similar = [labels[i] for i in ranked[1:] if adjusted[i] >= LEVEL]
    if similar:
        return f"{result} The difference to {join_names(similar)} is not significant."
    others = "the other model" if len(adjusted) == 1 else "every other model"
    return f"{result} The difference to {others} is significant."


def _disagreement(comparison: Comparison, index: int) -> dict[str, Any]:
    truth = comparison.truth(index)
    answers = [comparison.answers(member, index) for member in range(len(comparison.members))]
    return {
        "tile": make_thumbnail(comparison, index, truth),
        "predicted": [(" ".join(each), each == truth) for each in answers],
    }
