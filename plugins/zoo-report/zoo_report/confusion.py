"""Confusion matrices: which class is read as which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from zoo_report.error_counts import mistake_shares
from zoo_report.style import INK, LINES, MARGIN, MUTED, Box, box, make_figure, short, text_width

NUMBERED = 25
"""Up to how many classes there are numbers in the cells."""
NAMED = 40
"""Up to how many classes' names stand along an axis; of more, some are left out."""
COLORS = LinearSegmentedColormap.from_list(
    "mistakes", ["#ffffff", "#fdd0a2", "#f16913", "#7f2704"]
).with_extremes(bad="#e9e9e9")
"""Of the share of mistakes; bad is the diagonal, which is none."""
TOP, LABEL, GAP, BAR = 0.35, 0.35, 0.4, 1.0
"""Room for a panel's title, an axis's label, between panels and for the scale, in inches."""


def draw_confusion(
    counts: Sequence[NDArray[np.int64]], classes: Sequence[Sequence[str]], *, title: str
) -> Figure:
    """Draw a matrix a head, mistakes colored by their share of the true class's images.

    Args:
        counts: for each head ``(classes, classes)``, as `count_confusions` gives it.
        classes: for each head, the names of its classes.
        title: of the picture.
    """
    sides = [min(max(0.46 * len(names), 3.3), 6.4) for names in classes]
    names_wide = [max(text_width(short(name), 9) for name in names) + 0.1 for names in classes]
    width = sum(sides) + sum(names_wide) + (LABEL + GAP) * len(sides) + BAR + MARGIN - GAP
    height = TOP + max(sides) + max(names_wide) + LABEL + MARGIN
    subtitle = "Test images by true class and by the class they are read as"
    figure = make_figure(width + MARGIN, height, title, subtitle)
    norm = Normalize(0, max(float(mistake_shares(count).max()) for count in counts) or 0.01)
    x = MARGIN - GAP
    for head, (count, names, side) in enumerate(zip(counts, classes, sides, strict=True)):
        x += GAP + LABEL + names_wide[head]
        axes = figure.add_axes(box(figure, x, height - TOP - side, side, side))
        _draw_panel(axes, count, names, norm, side)
        which = f"head {head + 1}: " if len(sides) > 1 else ""
        read = f"accuracy {np.trace(count) / count.sum():.2%} of {count.sum():,} images"
        axes.set_title(which + read, loc="left", size=10, color=INK)
        x += side
    _draw_scale(figure, box(figure, x + 0.2, height - TOP - sides[-1], 0.15, sides[-1]), norm)
    return figure


def _draw_panel(
    axes: Axes, count: NDArray[np.int64], names: Sequence[str], norm: Normalize, side: float
) -> None:
    shares = np.ma.masked_array(mistake_shares(count), np.eye(len(count), dtype=bool))
    axes.imshow(shares, cmap=COLORS, norm=norm)
    step = -(-len(names) // NAMED)
    ticks, shown = range(0, len(names), step), [short(name) for name in names[::step]]
    room = side / len(shown)
    size = min(9.0, room * 72 * 0.8)
    flat = max(text_width(name, size) for name in shown) < 0.9 * room
    axes.set_xticks(ticks, shown, rotation=0 if flat else 90, size=size, parse_math=False)
    axes.set_yticks(ticks, shown, size=size, parse_math=False)
    axes.set_xlabel("read as", size=9.5, color=INK)
    axes.set_ylabel("true", size=9.5, color=INK)
    axes.tick_params(length=0 if step == 1 else 2, color=MUTED, labelcolor=INK)
    axes.spines[:].set_color(LINES)
    if len(names) <= NUMBERED:
        _write_counts(axes, count, norm, side / len(names))


def _write_counts(axes: Axes, count: NDArray[np.int64], norm: Normalize, cell: float) -> None:
    """Write the counts into the cells, whose side is `cell` inches; nothing for none."""
    size = min(9.0, cell * 72 / (0.75 * len(str(count.max()))))
    dark = norm(mistake_shares(count)) > 0.6
    for i, j in np.argwhere(count):
        color = MUTED if i == j else "white" if dark[i, j] else INK
        axes.text(j, i, str(count[i, j]), size=size, color=color, ha="center", va="center")
    edges = np.arange(len(count) - 1) + 0.5
    axes.set_xticks(edges, minor=True)
    axes.set_yticks(edges, minor=True)
    axes.grid(which="minor", color=LINES, lw=0.6)
    axes.tick_params(which="minor", length=0)


def _draw_scale(figure: Figure, where: Box, norm: Normalize) -> None:
    bar = figure.colorbar(ScalarMappable(norm, COLORS), cax=figure.add_axes(where))
    bar.set_label("share of the true class's images", size=9, color=INK)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    bar.ax.tick_params(labelsize=8.5, color=MUTED, labelcolor=INK, length=3)
    bar.outline.set_edgecolor(LINES)
