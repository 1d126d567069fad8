"""Picture of a calibration: accuracy by confidence, and by the share that is accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from zoo_core.plugin_api import wilson_interval
from zoo_report.heads.confidence import BINS, Bin, ConfidenceResults
from zoo_report.style import (
    COLORS,
    INK,
    LINES,
    MARGIN,
    MUTED,
    PANEL_WIDTH,
    PERCENT,
    add_legend,
    box,
    make_figure,
    number_text,
    style_axes,
)

HEIGHT = 4.4
"""Height of the panels with their titles and labels, in inches."""
TOP = HEIGHT - 0.35
"""Upper edge of the panels, below their titles, in inches."""
LEFT = 0.7
"""Width of the labels of the vertical axes, in inches."""
RIGHT = 0.3
"""Space to the right of a panel, for half of its last label, in inches."""
BOTTOM = 0.95
"""Height of the legend and of the labels of the horizontal axes, in inches."""
COUNTS = 0.85
"""Height of the bars of the counts, in inches."""
WIDTH = 0.9 / BINS
"""Width of the bar of a bin."""
FLOOR = 0.5
"""Lower end of the logarithmic scale of counts: below 1, so that a single example has a bar."""
POINTS = 100
"""Maximum number of points of the curve."""
LEAST = 20
"""Minimum number of examples of a point of the curve: the accuracy of fewer is noise."""


class Chart(NamedTuple):
    """A chart of a page: its name, accessible name and figure."""

    name: str
    label: str
    figure: Figure


def calibration_charts(results: ConfidenceResults) -> list[Chart]:
    """Return the charts of a calibration, for a page that shows them side by side or stacked."""
    bins = ", ".join(
        f"{each.low:.0%} to {each.high:.0%}: {each.accuracy:.1%} of {each.count:,}"
        for each in results.bins()
    )
    points = zip(*results.coverage(5), strict=True)
    curve = ", ".join(f"{accuracy:.2%} of {share:.0%}" for share, accuracy in points)
    return [
        Chart(
            "reliability",
            f"Reliability diagram. Accuracy by confidence: {bins}.",
            _draw_alone(results, _add_diagram),
        ),
        Chart(
            "accepted",
            f"Curve. Accuracy of the most confident predictions: {curve}.",
            _draw_alone(results, _add_curve),
        ),
    ]


def _draw_alone(
    results: ConfidenceResults, add: Callable[[Figure, ConfidenceResults, float], None]
) -> Figure:
    figure = make_figure(PANEL_WIDTH, HEIGHT)
    add(figure, results, 0)
    add_legend(figure)
    return figure


def calibration_text(results: ConfidenceResults) -> str:
    """Return the calibration error and the accepted share as a sentence, without a full stop."""
    test, calibration = results.test, results.calibration
    low, high = test.error_interval
    text = (
        f"Expected calibration error {test.error:.2%} (95 % interval {low:.2%} to {high:.2%}), "
        f"{len(results):,} {results.noun}"
    )
    if calibration is None:
        return f"{text}; not calibrated, every prediction is accepted"
    correct = f", {results.accepted_accuracy:.2%} of these correct" if test.accepted else ""
    return f"{text}; {results.accepted:.2%} accepted{correct}"


def draw_calibration(results: ConfidenceResults, title: str) -> Figure:
    """Draw a reliability diagram with its counts, and accuracy against the share accepted.

    Args:
        results: the confidences.
        title: title of the picture.
    """
    margin = MARGIN / 2
    figure = make_figure(2 * (PANEL_WIDTH + margin), HEIGHT, title, calibration_text(results))
    _add_diagram(figure, results, margin)
    _add_curve(figure, results, margin + PANEL_WIDTH)
    add_legend(figure)
    return figure


def _add_diagram(figure: Figure, results: ConfidenceResults, x: float) -> None:
    """Add the reliability diagram and, below it, the counts of the bins."""
    bins, left, width = results.bins(), x + LEFT, PANEL_WIDTH - LEFT - RIGHT
    counts = figure.add_axes(box(figure, left, BOTTOM, width, COUNTS))
    _draw_counts(counts, bins, results.noun)
    bottom = BOTTOM + COUNTS + 0.12
    _draw_diagram(figure.add_axes(box(figure, left, bottom, width, TOP - bottom)), bins)


def _add_curve(figure: Figure, results: ConfidenceResults, x: float) -> None:
    """Add the accuracy by the share that is accepted."""
    where = box(figure, x + LEFT, BOTTOM, PANEL_WIDTH - LEFT - RIGHT, TOP - BOTTOM)
    _draw_coverage(figure.add_axes(where), results)


def _draw_diagram(axes: Axes, bins: Sequence[Bin]) -> None:
    """Draw the accuracy of each bin as a bar, and the confidence at which it would be right."""
    _style(axes, "Accuracy by confidence")
    middles = [(each.low + each.high) / 2 for each in bins]
    accuracies = [each.accuracy for each in bins]
    axes.bar(middles, accuracies, WIDTH, color=LINES)
    intervals = [wilson_interval(each.correct, each.count) for each in bins]
    means = [each.confidence for each in bins]
    below = [max(0.0, y - low) for y, (low, _) in zip(accuracies, intervals, strict=True)]
    above = [max(0.0, high - y) for y, (_, high) in zip(accuracies, intervals, strict=True)]
    axes.errorbar(
        means,
        accuracies,
        [below, above],
        fmt="o",
        ms=4,
        lw=1.2,
        color=COLORS[0],
        label="bin, with 95 % interval",
    )
    axes.plot([0, 1], [0, 1], "--", color=MUTED, lw=1, label="perfect calibration")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_locator(FixedLocator([]))


def _draw_counts(axes: Axes, bins: Sequence[Bin], noun: str) -> None:
    """Draw the number of examples of each bin, on a logarithmic scale."""
    style_axes(axes)
    axes.grid(visible=False)
    counts = [each.count for each in bins]
    middles = [(each.low + each.high) / 2 for each in bins]
    axes.bar(middles, [count - FLOOR for count in counts], WIDTH, FLOOR, color=LINES)
    axes.set_yscale("log")
    # With space for the numbers above the bars.
    axes.set_ylim(FLOOR, 40 * max(counts))
    axes.yaxis.set_major_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    where: dict[str, Any] = {"ha": "center", "va": "bottom", "size": 7, "color": MUTED}
    for middle, count in zip(middles, counts, strict=True):
        axes.annotate(
            number_text(count), (middle, count), (0, 1), textcoords="offset points", **where
        )
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PERCENT)
    axes.set_xlabel(f"confidence (numbers: {noun})", size=9.5, color=INK, parse_math=False)


def _draw_coverage(axes: Axes, results: ConfidenceResults) -> None:
    """Draw the accuracy of the most confident predictions, by their share of all."""
    _style(axes, "Accuracy by share accepted")
    shares, accuracies = results.coverage(POINTS)
    enough = shares * len(results) >= min(LEAST, len(results))
    shares, accuracies = shares[enough], accuracies[enough]
    axes.plot(shares, accuracies, color=COLORS[0], lw=1.8)
    if results.calibration is not None and results.test.accepted:
        axes.plot(
            [results.accepted],
            [results.accepted_accuracy],
            "o",
            ms=7,
            color=COLORS[1],
            label="accepted by the model's limits",
        )
    axes.set_xlim(0, 1.02)
    low = min([*accuracies.tolist(), results.accepted_accuracy if results.test.accepted else 1.0])
    # A tenth of the range as space; no range for a model that is always right.
    space = 0.1 * (1 - low) or 0.05
    axes.set_ylim(max(0.0, low - space), 1 + space / 2)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(f"share of {results.noun} accepted", size=9.5, color=INK, parse_math=False)
    axes.xaxis.set_major_formatter(PERCENT)


def _style(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", size=10, weight="bold", color=INK)
    style_axes(axes)
    axes.yaxis.set_major_formatter(PERCENT)
