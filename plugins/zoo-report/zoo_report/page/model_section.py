"""The section of a page about one model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_core import Comparison
from zoo_core.plugin_api import Interval, Proportion, PublishedCard
from zoo_report.error_counts import count_confusions, mistake_shares
from zoo_report.page.chart import Chart
from zoo_report.page.learning_curves import learning_curves
from zoo_report.page.metadata_table import (
    Setting,
    config_settings,
    environment,
    provenance,
    recipe_settings,
)
from zoo_report.page.per_class import ClassFigures, figures_by_class
from zoo_report.page.report_model import ReportModel
from zoo_report.page.thumbnails import Thumbnail, hardest

CELLED = 40
"""Up to how many classes there is a confusion matrix."""


@dataclass(frozen=True)
class Head:
    """How one label is read.

    Attributes:
        name: which label; empty where there is one only.
        share: how many images are read correctly.
        loss: mean cross-entropy, in nats.
        classes: names of the classes.
        counts: int64 ``(classes, classes)``, true by read.
        depths: float64 likewise: how deep a cell is colored, from 0 to 1.
        figures: of each class.
        missing: what the worst recall or precision lacks to 1.
        matrix: whether there are few enough classes for one.
    """

    name: str
    share: Proportion
    loss: float
    classes: tuple[str, ...]
    counts: NDArray[np.int64]
    depths: NDArray[np.float64]
    figures: list[ClassFigures]
    missing: float
    matrix: bool


@dataclass(frozen=True)
class ModelSection:
    """All that a page says of one model.

    Attributes:
        number: its place on the page, from 0.
        subject: the model.
        summary: what its plugin says that it is.
        dataset: whose images it reads.
        split: likewise.
        heads: one a label.
        every: how many images it reads with every label right; None where there is one label.
        misread: how many images are misread.
        curves: of its training.
        wrong: the misread images of which it was surest.
        barely: the images read correctly of which it was least sure.
        recipe: of its training.
        config: of the model.
        origin: where the weights come from.
        environment: in what they were trained.
        seeds: what other seeds reach, where it is known.
    """

    number: int
    subject: ReportModel
    summary: str
    dataset: str
    split: str
    heads: list[Head]
    every: Proportion | None
    misread: int
    curves: list[Chart]
    wrong: list[Thumbnail]
    barely: list[Thumbnail]
    recipe: list[Setting]
    config: list[Setting]
    origin: dict[str, str]
    environment: dict[str, str]
    seeds: Interval | None


def make_model_section(
    number: int, subject: ReportModel, summary: str, comparison: Comparison, member: int
) -> ModelSection:
    """Gather what a page says of a model.

    Args:
        number: see `ModelSection`.
        subject: the model.
        summary: see `ModelSection`.
        comparison: of it and those on the same data.
        member: which of the comparison's members it is.
    """
    card, split = subject.card, comparison.data.splits[comparison.split]
    compared = comparison.heads_compared
    main = compared[-1].proportions[member]
    predictions, classes = comparison.predictions[member], comparison.data.classes
    wrong, barely = hardest(split, predictions, classes)
    return ModelSection(
        number=number,
        subject=subject,
        summary=summary,
        dataset=comparison.dataset,
        split=comparison.split,
        heads=[
            _head(comparison, member, head.head, names)
            for head, names in zip(compared, classes, strict=False)
            if head.head is not None
        ],
        every=main if compared[-1].head is None else None,
        misread=main.total - main.correct,
        curves=learning_curves(subject),
        wrong=wrong,
        barely=barely,
        recipe=recipe_settings(card),
        config=config_settings(card),
        origin=provenance(card, subject.pretrained.sha256, subject.bytes),
        environment=environment(card),
        seeds=card.interval if isinstance(card, PublishedCard) else None,
    )


def _head(comparison: Comparison, member: int, head: int, classes: Sequence[str]) -> Head:
    labels = comparison.labels[:, head]
    read = comparison.predictions[member].labels[:, head]
    counts = count_confusions(labels, read, len(classes))
    figures = figures_by_class(counts)
    shares = mistake_shares(counts)
    known = [value for f in figures for value in (f.precision, f.recall) if not math.isnan(value)]
    depths = np.where(shares > 0, 0.12 + 0.88 * shares / (shares.max() or 1), 0)
    return Head(
        name=f"head {head + 1}" if len(comparison.heads_compared) > 1 else "",
        share=comparison.heads_compared[head].proportions[member],
        loss=comparison.scores[member].loss[head],
        classes=tuple(classes),
        counts=counts,
        depths=depths,
        figures=figures,
        missing=1 - min(known, default=1.0),
        matrix=len(classes) <= CELLED,
    )
