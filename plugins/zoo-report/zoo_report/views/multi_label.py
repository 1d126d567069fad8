"""Pictures of multi-label classification: precision, recall and F1 of each label."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from zoo_report.heads.results import HeadResults
from zoo_report.style import (
    COLORS,
    INK,
    MARGIN,
    MUTED,
    PERCENT,
    add_legend,
    box,
    make_figure,
    short,
    style_axes,
    text_width,
)
from zoo_report.views.picture import Picture

MAX_LABELS = 30
"""Maximum number of labels that are drawn, those with the lowest F1 score."""
SCORES = ("precision", "recall", "F1")
ROW = 0.5
"""Height of the three bars of a label, in inches."""
WIDTH = 4.2
"""Width of bars from 0 to 100 %, in inches."""


def scores_by_label(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return precision, recall and F1 ``(3, labels)``, nan where one is undefined.

    Args:
        counts: numbers ``(3, labels)`` of examples that have a label, of predictions of it, and of
            correct ones.
    """
    present, chosen, right = counts
    with np.errstate(invalid="ignore"):  # 0 / 0 is nan
        return np.stack([right / chosen, right / present, 2 * right / (present + chosen)])


def label_pictures(head: HeadResults) -> list[Picture]:
    """Return the bars of each label."""
    counts, names = head.measured.counts["labels"], head.task.target.classes
    caption = (
        f"Precision, recall and F1 score of each label, of {len(head):,} test {head.examples.noun}"
    )
    scores = scores_by_label(counts)
    order = np.arange(len(names))
    if len(names) > MAX_LABELS:
        order = np.argsort(np.nan_to_num(scores[2], nan=2), kind="stable")[:MAX_LABELS]
        caption += f"; the {MAX_LABELS} labels of {len(names)} with the lowest F1"
    shown = [f"{short(names[i], 24)} ({counts[0, i]:,})" for i in order]
    described = ", ".join(
        f"{names[i]} {scores[2, i]:.0%}" for i in order if not np.isnan(scores[2, i])
    )
    return [
        Picture(
            name="labels",
            heading="Scores of each label",
            caption=f"{caption}; in brackets, the number that have it",
            label=f"Bars. F1: {described}",
            draw=partial(draw_labels, scores[:, order], shown, caption),
        )
    ]


def draw_labels(
    scores: NDArray[np.float64], names: list[str], caption: str, title: str = ""
) -> Figure:
    """Draw three bars per label.

    Args:
        scores: ``(3, labels)``, from `scores_by_label`.
        names: names of the labels.
        caption: second line of the heading.
        title: title of the picture; without it, only the bars are drawn.
    """
    margin = MARGIN if title else 0.05
    wide = max(text_width(name, 9.5) for name in names) + 0.15
    height = ROW * len(names)
    figure = make_figure(wide + WIDTH + 0.7 + 2 * margin, height + 0.85, title, caption)
    axes = figure.add_axes(box(figure, margin + wide, 0.7, WIDTH, height))
    places = np.arange(len(names))
    for number, (name, values) in enumerate(zip(SCORES, scores, strict=True)):
        middles = places + (number - 1) * 0.25
        axes.barh(middles, np.nan_to_num(values), 0.22, color=COLORS[number], label=name)
        for middle, value in zip(middles, values, strict=True):
            text = "–" if np.isnan(value) else f"{value:.0%}"
            where: dict[str, Any] = {"va": "center", "size": 8, "color": MUTED}
            axes.annotate(
                text, (np.nan_to_num(value), middle), (4, 0), textcoords="offset points", **where
            )
    style_axes(axes)
    axes.grid(axis="y", visible=False)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PERCENT)
    axes.set_yticks(places, names, size=9.5, parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)  # the first label at the top
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    add_legend(figure)
    return figure


def label_texts(head: HeadResults, rows: NDArray[np.int64]) -> list[str]:
    """Return the names of the labels that each example has."""
    names = head.task.target.classes
    return [
        ", ".join(name for name, here in zip(names, target, strict=True) if here) or "none"
        for target in head.targets[rows].tolist()
    ]
