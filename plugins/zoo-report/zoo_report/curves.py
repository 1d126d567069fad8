"""Learning curves: loss and error rate of every epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from zoo_report.scale import scale_axis
from zoo_report.style import INK, LINES, MARGIN, MUTED, add_legend, box, make_figure

SPLITS = {"train": ("training", "#0072B2"), "validation": ("validation", "#D55E00")}
"""Colors that the color-blind can tell apart (Okabe and Ito)."""
STYLES = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "D"))
"""Line and marker of each head."""
MARKED = 25
"""Up to how many epochs each has a marker."""
WIDTH, HEIGHT = 10.0, 4.2
"""Of the picture, below the heading, in inches."""


def draw_curves(
    history: Sequence[Mapping[str, Any]], kept: int, test: str, *, title: str
) -> Figure:
    """Draw loss and error rate of training and validation, a line a head.

    Args:
        history: the lines of ``metrics.jsonl``: ``epoch``, and ``train`` and ``validation`` with
            ``loss`` and ``accuracy``, which have one entry a head.
        kept: the epoch whose weights are kept.
        test: how well they read the test split, as text.
        title: of the picture.
    """
    figure = make_figure(WIDTH, HEIGHT, title, f"Test: {test}")
    side = (figure.get_figwidth() - 3 * MARGIN) / 2
    for panel, error in enumerate((False, True)):
        left = MARGIN + panel * (side + MARGIN) + 0.55
        axes = figure.add_axes(box(figure, left, 1.0, side - 0.6, HEIGHT - 1.35))
        _draw_lines(axes, history, kept, error=error)
        _style(axes, [line["epoch"] for line in history], kept, error=error)
    add_legend(figure, axes)
    return figure


def _draw_lines(
    axes: Axes, history: Sequence[Mapping[str, Any]], kept: int, *, error: bool
) -> None:
    epochs = [line["epoch"] for line in history]
    seen: list[float] = []
    for split, (name, color) in SPLITS.items():
        heads = len(history[0][split]["loss"])
        for head in range(heads):
            values = [
                1 - line[split]["accuracy"][head] if error else line[split]["loss"][head]
                for line in history
            ]
            label = name if heads == 1 else f"{name}, head {head + 1}"
            style, marker = STYLES[head % len(STYLES)]
            shown = marker if len(epochs) <= MARKED else ""
            axes.plot(epochs, values, style, marker=shown, ms=4, lw=1.6, color=color, label=label)
            if split == "validation":
                value = values[epochs.index(kept)]
                axes.plot(kept, value, marker, ms=9, mfc="none", mec=color, mew=1.4)
            seen += values
    scale_axis(axes, seen)


def _style(axes: Axes, epochs: Sequence[int], kept: int, *, error: bool) -> None:
    first, last = epochs[0], epochs[-1]
    margin = max(0.5, 0.02 * len(epochs))
    axes.set_xlim(first - margin, last + margin)
    ticks = MaxNLocator(integer=True, steps=[1, 2, 5, 10]).tick_values(first, last)
    axes.set_xticks([tick for tick in ticks if first <= tick <= last])
    axes.set_title("error rate" if error else "loss (nats)", loc="left", size=10.5, color=INK)
    axes.set_xlabel("epoch", size=9.5, color=INK)
    axes.axvline(kept, color=MUTED, lw=1, ls=(0, (2, 3)), zorder=1)
    late = kept > (first + last) / 2
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
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{100 * value:g}%" if error else f"{value:g}")
    )
    axes.grid(axis="y", color=LINES, lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=9, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)
