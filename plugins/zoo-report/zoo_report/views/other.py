"""Pictures of any task: a histogram of its first measure."""

from __future__ import annotations

from functools import partial

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from zoo_core.plugin_api import is_share
from zoo_report.heads.names import capitalized, metric_name, number
from zoo_report.heads.results import HeadResults
from zoo_report.style import (
    COLORS,
    INK,
    MARGIN,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    PERCENT,
    PLAIN,
    add_panel,
    make_figure,
)
from zoo_report.views.picture import Picture

BINS = 30
"""Maximum number of bars of a histogram."""


def measure_pictures(head: HeadResults) -> list[Picture]:
    """Return the histogram of the first measure of each example."""
    measure = head.task.measures[0]
    values = head.measured.columns[measure.name].astype(np.float64)
    name = metric_name(measure.name)
    better = "higher" if measure.higher_is_better else "lower"
    mean = number(measure.name, float(values.mean()))
    caption = (
        f"{capitalized(name)} of {len(head):,} test {head.examples.noun}: mean {mean}; "
        f"{better} is better"
    )
    return [
        Picture(
            name="measure",
            heading=capitalized(name),
            caption=caption,
            label=f"Histogram. {caption}.",
            draw=partial(draw_histogram, values, measure.name, caption),
        )
    ]


def draw_histogram(
    values: NDArray[np.float64], measure: str, caption: str, title: str = ""
) -> Figure:
    """Draw how many examples have each value of a measure.

    Args:
        values: the measure of each example, ``(N,)``.
        measure: name of the measure.
        caption: second line of the heading.
        title: title of the picture; without it, only the chart is drawn.
    """
    margin = MARGIN / 2 if title else 0
    figure = make_figure(PANEL_WIDTH + 2 * margin, PANEL_HEIGHT, title, caption)
    axes = add_panel(figure, "Number of examples", margin)
    finite = values[np.isfinite(values)]
    axes.hist(finite, bins=_edges(finite).tolist(), color=COLORS[0], edgecolor="white", lw=0.6)
    axes.set_xlabel(metric_name(measure), size=9.5, color=INK, parse_math=False)
    axes.xaxis.set_major_formatter(PERCENT if is_share(measure) else PLAIN)
    # Bars of whole numbers are centered on them.
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=_are_few(finite)))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(PLAIN)
    return figure


def _are_few(values: NDArray[np.float64]) -> bool:
    """Return whether values are whole numbers of a small range."""
    return not len(values) or bool(np.ptp(values) < BINS and not (values % 1).any())


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the edges of the bars: one bar per value, if few whole numbers are all there is."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if _are_few(values):
        return np.arange(low, high + 2) - 0.5
    return np.linspace(low, high, BINS + 1)


def plain_texts(head: HeadResults, rows: NDArray[np.int64]) -> list[str]:
    """Return targets as the task shows them."""
    return [*head.task.target_texts(head.targets[rows])]
