"""Learning curves: loss and the heads' metrics per epoch, of one training or of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from zoo_report.charts import Chart, charts_of
from zoo_report.history import Epoch
from zoo_report.scale import log_ticks, scale_axis
from zoo_report.style import (
    COLORS,
    DASHES,
    INK,
    LEGEND_COLUMNS,
    MARGIN,
    MUTED,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    PERCENT,
    PLAIN,
    add_legend,
    add_panel,
    make_figure,
    svg,
)

COLUMNS = 2
"""Maximum number of charts side by side."""
LONGER = 4
"""Ratio of the longest to the shortest training from which the axis of epochs is logarithmic."""


@dataclass(frozen=True)
class Curve:
    """A learning curve, with the indices of its color and line style, and the epoch to mark."""

    label: str
    color: int
    dash: int
    epochs: Sequence[int]
    values: Sequence[float]
    kept: int | None


def run_curves(epochs: Sequence[Epoch], kept: int, chart: Chart) -> list[Curve]:
    """Return one curve per split and head of a training."""
    heads = len(epochs[0].train.headline_names)
    return [
        Curve(
            name if heads == 1 else f"{name}, head {head + 1}",
            color,
            head,
            [epoch.epoch for epoch in epochs],
            values,
            kept if split == "validation" else None,
        )
        for color, (split, name) in enumerate((("train", "training"), ("validation", "validation")))
        for head in range(heads)
        if (values := chart.values(epochs, split, head))
    ]


def mean_curve(index: int, label: str, epochs: Sequence[Epoch], kept: int, chart: Chart) -> Curve:
    """Return the validation curve of one of several models, the mean over its heads."""
    heads = range(len(epochs[0].validation.headline_names))
    values = [found for head in heads if (found := chart.values(epochs, "validation", head))]
    return Curve(
        label,
        index,
        index // len(COLORS),  # from the seventh model on, colors repeat with different dashes
        [epoch.epoch for epoch in epochs],
        [sum(heads) / len(heads) for heads in zip(*values, strict=True)],
        kept,
    )


def draw_curves(epochs: Sequence[Epoch], kept: int, test: str, *, title: str) -> Figure:
    """Draw loss and metrics of training and validation, one line per head.

    Args:
        epochs: history of the training, at least one epoch.
        kept: epoch whose weights are kept.
        test: scores on the test split, as text.
        title: title of the picture.
    """
    charts = charts_of(epochs)
    columns = min(len(charts), COLUMNS)
    rows = -(-len(charts) // COLUMNS)
    curves = {chart: run_curves(epochs, kept, chart) for chart in charts}
    # A second line of the legend needs room of its own.
    legend = 0.3 + 0.2 * ((len(legend_of(curves)) - 1) // LEGEND_COLUMNS)
    width, height = columns * PANEL_WIDTH + MARGIN, rows * PANEL_HEIGHT + legend
    figure = make_figure(width, height, title, f"Test: {test}")
    for number, (chart, lines) in enumerate(curves.items()):
        row, column = divmod(number, COLUMNS)
        x, y = column * PANEL_WIDTH + MARGIN / 2, (rows - 1 - row) * PANEL_HEIGHT + legend + 0.05
        draw_measure(add_panel(figure, chart.title, x, y), lines, chart, kept)
    add_legend(figure)
    return figure


def curve_elements(
    name: str,
    curves: Mapping[Chart, Sequence[Curve]],
    *,
    suffix: str = "",
    kept: int | None = None,
) -> list[str]:
    """Return one SVG element per chart for a page.

    Args:
        name: identifier of the curves, unique in the page.
        curves: curves of each chart; see `draw_measure`.
        suffix: text after the title.
        kept: epoch to mark with a vertical line.
    """
    elements = []
    for chart, lines in curves.items():
        # One SVG per chart, because they are side by side on a screen, but not on a phone.
        title = f"{chart.title}{suffix}"
        figure = make_figure(PANEL_WIDTH, PANEL_HEIGHT)
        draw_measure(add_panel(figure, title), lines, chart, kept)
        label = f"{title} per epoch: {', '.join(line.label for line in lines)}"
        elements.append(svg(figure, f"{name}-{chart.name}", label))
    return elements


def legend_of(curves: Mapping[Chart, Sequence[Curve]]) -> list[Curve]:
    """Return the curves of a legend: one of each label."""
    return [*{curve.label: curve for lines in curves.values() for curve in lines}.values()]


def draw_measure(
    axes: Axes, curves: Sequence[Curve], chart: Chart, kept: int | None = None
) -> None:
    """Draw the curves of one chart, and the epoch `kept` as a vertical line."""
    for curve in curves:
        color, dash = COLORS[curve.color % len(COLORS)], DASHES[curve.dash % len(DASHES)]
        # A ring marks the kept epoch; a single epoch has no line and needs a marker in any case.
        ringed = [
            i for i, e in enumerate(curve.epochs) if e == curve.kept or len(curve.epochs) == 1
        ]
        axes.plot(
            curve.epochs,
            curve.values,
            dash,
            color=color,
            label=curve.label,
            lw=1.6,
            marker="o" if ringed else "",
            markevery=ringed or None,
            ms=8,
            mfc="none",
            mew=1.4,
        )
    # One scale for all curves, because the eye compares their heights.
    scale_axis(axes, [value for curve in curves for value in curve.values])
    _scale_epochs(axes, [curve.epochs for curve in curves])
    if kept:
        _mark_kept(axes, kept)
    low, high = axes.get_ylim()
    if chart.is_share and high > 1:  # the room above 100 % is for text
        axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= 1])
    axes.yaxis.set_major_formatter(PERCENT if chart.is_share else PLAIN)


def _scale_epochs(axes: Axes, epochs: Sequence[Sequence[int]]) -> None:
    first, last = min(each[0] for each in epochs), max(each[-1] for each in epochs)
    lengths = [len(each) for each in epochs]
    label = "epoch"
    # On a linear axis, a training of 3 epochs next to one of 100 would be a dot.
    if max(lengths) >= LONGER * min(lengths):
        axes.set_xscale("log")
        axes.set_xlim(first / 1.1, last * 1.1)
        ticks = log_ticks(first, last)
        label = "epoch (logarithmic)"
    else:
        # At least half an epoch, or a single epoch would have an axis of length 0.
        margin = max(0.5, 0.02 * last)
        axes.set_xlim(first - margin, last + margin)
        ticks = list(MaxNLocator(7, integer=True, steps=[1, 2, 5, 10]).tick_values(first, last))
    axes.set_xticks([tick for tick in ticks if first <= tick <= last])
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(PLAIN)
    axes.set_xlabel(label, size=9.5, color=INK)


def _mark_kept(axes: Axes, kept: int) -> None:
    axes.axvline(kept, color=MUTED, lw=1, ls=(0, (2, 3)), zorder=1)
    late = kept > sum(axes.get_xlim()) / 2  # the text stands on the side that has room
    axes.annotate(
        f"kept: epoch {kept}",
        (kept, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-5 if late else 5, 0),
        textcoords="offset points",
        ha="right" if late else "left",
        va="top",
        size=9,
        color=MUTED,
    )
