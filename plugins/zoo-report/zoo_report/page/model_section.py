"""The section of a page about one model: the values that templates/model.html shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo_core import Comparison
from zoo_report.charts import charts_of
from zoo_report.confusion import count_confusions, describe_confusion, draw_confusion
from zoo_report.curves import curve_elements, legend_of, run_curves
from zoo_report.heads.confidence import ConfidenceResults
from zoo_report.heads.hardest import hardest_of
from zoo_report.heads.names import metric_name
from zoo_report.heads.results import HeadResults, compared_results
from zoo_report.page.class_scores import scores_by_class
from zoo_report.page.headline import headlines, metric_rows, seeds_text
from zoo_report.page.metadata_table import (
    config_settings,
    environment,
    provenance,
    recipe_settings,
)
from zoo_report.page.report_model import ReportModel
from zoo_report.page.thumbnails import hardest, picture_of
from zoo_report.style import svg
from zoo_report.views.calibration import calibration_charts, calibration_text
from zoo_report.views.table import CLASSES, view_of


def model_section(
    number: int,
    subject: ReportModel,
    summary: str,
    comparison: Comparison,
    member: int,
    *,
    confidence: ConfidenceResults | None,
) -> dict[str, Any]:
    """Return the values of a model's section.

    Args:
        number: position of the section in the page, from 0.
        subject: model with its weights and history.
        summary: one-line description from the plugin.
        comparison: comparison of the models on the same data.
        member: index of the model in the comparison.
        confidence: confidence of its predictions; None for tasks without.
    """
    card, heads = subject.card, compared_results(comparison, member)
    # Ids begin with the section's name, because an id is unique in a page.
    name = f"model-{number}"
    classes = [head for head in heads if head.task.target.task == CLASSES]
    others = [head for head in heads if head.task.target.task != CLASSES]
    curves = {
        chart: run_curves(subject.epochs, card.epoch, chart) for chart in charts_of(subject.epochs)
    }
    return {
        "number": number,
        "subject": subject,
        "summary": summary,
        "dataset": comparison.dataset,
        "split": comparison.split,
        "notes": comparison.notes,
        "noun": heads[0].examples.noun,
        "many": len(heads) > 1,
        "headlines": headlines(comparison, member, heads),
        "metrics": metric_rows(comparison, member, heads) if others else [],
        "titles": [head.title for head in heads],
        "legend": legend_of(curves),
        "curves": curve_elements(name, curves, kept=card.epoch),
        "classes": _classes(name, comparison, member, classes) if classes else None,
        "others": [_head(f"{name}-head-{head.number + 1}", head) for head in others],
        "confidence": _confidence(name, confidence) if confidence else None,
        "settings": (recipe_settings(card), config_settings(card)),
        "facts": {
            "Weights": provenance(card, subject.pretrained.sha256, subject.bytes),
            "Environment and versions": environment(card),
        },
        "seeds": seeds_text(subject),
    }


def _confidence(name: str, results: ConfidenceResults) -> dict[str, Any]:
    """Return the values of the section about confidence."""
    return {
        "caption": calibration_text(results),
        "charts": [
            svg(chart.figure, f"{name}-{chart.name}", chart.label)
            for chart in calibration_charts(results)
        ],
    }


def _classes(
    name: str, comparison: Comparison, member: int, heads: Sequence[HeadResults]
) -> dict[str, Any]:
    """Return the values of the sections about the heads for classes."""
    values = {
        "heads": [_matrix(name, comparison, member, head) for head in heads],
        "total": len(heads[0]),
        "wrong": int(
            np.any([head.measured.columns["accuracy"] == 0 for head in heads], axis=0).sum()
        ),
    }
    if not heads[0].examples.are_images:
        return values | {"tables": [_table(head) for head in heads]}
    wrong, uncertain = hardest(comparison, member)
    return values | {"tables": [], "mistakes": wrong, "uncertain": uncertain}


def _matrix(name: str, comparison: Comparison, member: int, head: HeadResults) -> dict[str, Any]:
    classes = head.task.target.classes
    counts = count_confusions(head.targets, head.outputs.argmax(axis=1), len(classes))
    scores = scores_by_class(counts)
    element = svg(
        draw_confusion([counts], [classes]),
        f"{name}-matrix-{head.number}",
        describe_confusion(counts, classes),
    )
    # nan, which a class without images has, is not a missing share; 1.0 is for classes all of nan.
    worst = np.nanmin([1.0, *scores["precision"], *scores["recall"]])
    return {
        "number": head.number + 1,
        "share": comparison.heads_compared[head.number].proportions[member],
        "classes": classes,
        "matrix": element,
        "scores": scores,
        "missing": 1 - worst,  # length of the longest bar
    }


def _head(name: str, head: HeadResults) -> dict[str, Any]:
    """Return the values of the section about a head for another task."""
    return {
        "id": name,
        "title": head.title or "Results",
        "task": head.task.target.task,
        "pictures": [
            (picture, svg(picture.draw(""), f"{name}-{picture.name}", picture.label))
            for picture in view_of(head.task.target.task).pictures(head)
        ],
        "table": _table(head),
    }


def _table(head: HeadResults) -> dict[str, Any]:
    """Return the values of a table of the hardest examples, which may be empty."""
    found = hardest_of(head)
    images = head.examples.are_images
    return {
        "title": head.title,
        "rows": [
            (each, picture_of(head.examples, each.index) if images else None) for each in found
        ],
        "has_inputs": any(each.input for each in found),
        "total": len(head),
        "measure": metric_name(head.task.measures[0].name),
    }
