"""The section of a page about one model: the values that templates/model.html shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo_core import Comparison
from zoo_core.plugin_api import PublishedCard
from zoo_report.confusion import count_confusions, describe_confusion, draw_confusion
from zoo_report.curves import MEASURES, curve_elements, run_curves
from zoo_report.labels import classes_of
from zoo_report.page.class_scores import scores_by_class
from zoo_report.page.metadata_table import (
    config_settings,
    environment,
    provenance,
    recipe_settings,
)
from zoo_report.page.report_model import ReportModel
from zoo_report.page.thumbnails import hardest
from zoo_report.style import svg


def model_section(
    number: int, subject: ReportModel, summary: str, comparison: Comparison, member: int
) -> dict[str, Any]:
    """Return the values of a model's section.

    Args:
        number: position of the section in the page, from 0.
        subject: model with its weights and history.
        summary: one-line description from the plugin.
        comparison: comparison of the models on the same data.
        member: index of the model in the comparison.
    """
    card, classes = subject.card, classes_of(comparison.tasks)
    # Ids begin with the section's name, because an id is unique in a page.
    name, heads = f"model-{number}", [head for head, _ in enumerate(classes)]
    # With several heads, the last entry counts the images with every label correct.
    main = comparison.heads_compared[-1].proportions[member]
    wrong, uncertain = hardest(comparison, member)
    curves = {
        measure: run_curves(subject.epochs, card.epoch, measure)
        for measure in (MEASURES if subject.epochs else ())
    }
    return {
        "number": number,
        "subject": subject,
        "summary": summary,
        "dataset": comparison.dataset,
        "split": comparison.split,
        "notes": comparison.notes,
        "main": main,
        "heads": [_head(name, comparison, member, head, classes[head]) for head in heads],
        "legend": curves.get("loss", []),
        "curves": curve_elements(name, curves, kept=card.epoch),
        "wrong": wrong,
        "uncertain": uncertain,
        "settings": (recipe_settings(card), config_settings(card)),
        "facts": {
            "Weights": provenance(card, subject.pretrained.sha256, subject.bytes),
            "Environment and versions": environment(card),
        },
        "seeds": card.interval if isinstance(card, PublishedCard) else None,
    }


def _head(
    name: str, comparison: Comparison, member: int, head: int, classes: Sequence[str]
) -> dict[str, Any]:
    predicted = comparison.predictions[member].labels[:, head]
    counts = count_confusions(comparison.targets[head], predicted, len(classes))
    scores = scores_by_class(counts)
    element = svg(
        draw_confusion([counts], [classes]),
        f"{name}-matrix-{head}",
        describe_confusion(counts, classes),
    )
    # nan, which a class without images has, is not a missing share; 1.0 is for classes all of nan.
    worst = np.nanmin([1.0, *scores["precision"], *scores["recall"]])
    return {
        "share": comparison.heads_compared[head].proportions[member],
        "loss": comparison.scores[member]["loss"][head],
        "classes": classes,
        "matrix": element,
        "scores": scores,
        "missing": 1 - worst,  # length of the longest bar
    }
