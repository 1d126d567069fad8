"""The picture of a range test: the loss at rising learning rates."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from zoo_core.plugin_api import LrRange, write_atomic
from zoo_report.scale import log_ticks, scale_axis
from zoo_report.style import (
    COLORS,
    INK,
    MARGIN,
    MUTED,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    PLAIN,
    add_legend,
    add_panel,
    make_figure,
    png,
    svg_file,
)

NOISE = "#b8b8b8"
"""Color of the losses that are not smoothed."""
_LEGEND = 0.3
"""Height of the legend in inches."""
_TOP = 1.2
"""Ratio of the highest loss that is drawn to the first one."""


def write_lr_range(title: str, result: LrRange, file: Path) -> None:
    """Write the picture of a range test to a file, in the format of its ending."""
    figure = draw_lr_range(title, result)
    write_atomic(file, svg_file(figure, "lr-range") if file.suffix == ".svg" else png(figure))


def draw_lr_range(title: str, result: LrRange) -> Figure:
    """Draw losses and smoothed losses, with a line at the suggested learning rate.

    Args:
        title: model and data set.
        result: the range test.
    """
    figure = make_figure(
        PANEL_WIDTH + MARGIN,
        PANEL_HEIGHT + _LEGEND,
        f"Range test of {title}",
        f"Suggested learning rate {result.suggestion:g}, a tenth of the one with the lowest "
        "smoothed loss",
    )
    axes = add_panel(figure, "loss", MARGIN / 2, _LEGEND + 0.05)
    axes.plot(result.rates, result.losses, color=NOISE, lw=1.2, label="loss of the batch")
    axes.plot(result.rates, result.smoothed, color=COLORS[0], lw=1.6, label="smoothed")
    axes.axvline(result.suggestion, color=MUTED, lw=1, ls=(0, (2, 3)), zorder=1)
    axes.annotate(
        f"{result.suggestion:g}",
        (result.suggestion, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-5, 0),
        textcoords="offset points",
        ha="right",
        va="top",
        size=9,
        color=MUTED,
    )
    axes.set_xscale("log")
    axes.set_xlim(result.rates[0], result.rates[-1])
    axes.set_xticks(log_ticks(result.rates[0], result.rates[-1]))
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(PLAIN)
    axes.set_xlabel("learning rate (logarithmic)", size=9.5, color=INK)
    # A loss that diverges would flatten the rest.
    scale_axis(axes, [min(each, _TOP * result.smoothed[0]) for each in result.smoothed])
    axes.yaxis.set_major_formatter(PLAIN)
    add_legend(figure)
    return figure
