"""Learning curves: loss and error rate per epoch, of one training or of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from zoo_core import Scores
from zoo_report.history import Epoch
from zoo_report.scale import log_ticks, scale_axis
from zoo_report.style import (
    COLORS,
    DASHES,
    INK,
    MARGIN,
    MUTED,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    PERCENT,
    add_legend,
    add_panel,
    make_figure,
    svg,
)

Measure = Literal["loss", "error"]
MEASURES: dict[Measure, str] = {"loss": "Loss (nats)", "error": "Error rate"}
LONGER = 4
"""Ratio of the longest to the shortest training from which the axis of epochs is logarithmic."""

# Not matplotlib's default, which would write 10⁻², or an offset above the axis.
_PLAIN = FuncFormatter(lambda value, _: f"{value:g}")


@dataclass(frozen=True)
class Curve:
    """A learning curve, with the indices of its color and line style, and the epoch to mark."""

    label: str
    color: int
    dash: int
    epochs: Sequence[int]
    values: Sequence[float]
    kept: int | None


def run_curves(epochs: Sequence[Epoch], kept: int, measure: Measure) -> list[Curve]:
    """Return one curve per split and head of a training."""
    heads = len(epochs[0].train["loss"])
    return [
        Curve(
            name if heads == 1 else f"{name}, head {head + 1}",
            color,
            head,
            [epoch.epoch for epoch in epochs],
            [_values(getattr(epoch, split), measure)[head] for epoch in epochs],
            kept if split == "validation" else None,
        )
        for color, (split, name) in enumerate((("train", "training"), ("validation", "validation")))
        for head in range(heads)
    ]


def mean_curve(
    index: int, label: str, epochs: Sequence[Epoch], kept: int, measure: Measure
) -> Curve:
    """Return the validation curve of one of several models, the mean over its heads."""
    values = [_values(epoch.validation, measure) for epoch in epochs]
    return Curve(
        label,
        index,
        index // len(COLORS),  # from the seventh model on, colors repeat with different dashes
        [epoch.epoch for epoch in epochs],
        [sum(heads) / len(heads) for heads in values],
        kept,
    )


def draw_curves(epochs: Sequence[Epoch], kept: int, test: str, *, title: str) -> Figure:
    """Draw loss and error rate of training and validation, one line per head.

    Args:
        epochs: history of the training, at least one epoch.
        kept: epoch whose weights are kept.
        test: scores on the test split, as text.
        title: title of the picture.
    """
    figure = make_figure(2 * PANEL_WIDTH + MARGIN, PANEL_HEIGHT + 0.3, title, f"Test: {test}")
    # Error rate and not accuracy: 99.0 % and 99.5 % look alike, 1 % and 0.5 % do not.
    for column, (measure, name) in enumerate(MEASURES.items()):
        axes = add_panel(figure, name, column * PANEL_WIDTH + MARGIN / 2, 0.35)
        draw_measure(axes, run_curves(epochs, kept, measure), measure, kept)
    add_legend(figure, axes)  # of one panel, because both have the same curves
    return figure


def curve_elements(
    name: str,
    curves: Mapping[Measure, Sequence[Curve]],
    *,
    suffix: str = "",
    kept: int | None = None,
) -> list[str]:
    """Return one SVG element per measure for a page.

    Args:
        name: identifier of the curves, unique in the page.
        curves: curves of each measure; see `draw_measure`.
        suffix: text after the title.
        kept: epoch to mark with a vertical line.
    """
    elements = []
    for measure, lines in curves.items():
        # One SVG per measure, because they are side by side on a screen, but not on a phone.
        title = f"{MEASURES[measure]}{suffix}"
        figure = make_figure(PANEL_WIDTH, PANEL_HEIGHT)
        draw_measure(add_panel(figure, title), lines, measure, kept)
        label = f"{title} per epoch: {', '.join(line.label for line in lines)}"
        elements.append(svg(figure, f"{name}-{measure}", label))
    return elements


def draw_measure(
    axes: Axes, curves: Sequence[Curve], measure: Measure, kept: int | None = None
) -> None:
    """Draw curves of one measure, and the epoch `kept` as a vertical line."""
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
    axes.yaxis.set_major_formatter(PERCENT if measure == "error" else _PLAIN)


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
    axes.xaxis.set_major_formatter(_PLAIN)
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


def _values(scores: Scores, measure: Measure) -> list[float]:
    return list(scores["loss"]) if measure == "loss" else [1 - s for s in scores["accuracy"]]
