"""Confusion matrices: counts of images by true and predicted class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from zoo_report.style import (
    INK,
    LINES,
    MARGIN,
    MUTED,
    PERCENT,
    add_scale,
    box,
    make_figure,
    short,
    text_width,
)

NUMBERED = 25
"""Maximum number of classes for which cells contain numbers."""
NAMED = 40
"""Maximum number of class names along an axis; of more classes, some names are omitted."""
_COLOR = to_rgb("#c44e00")
COLORS = LinearSegmentedColormap.from_list("mistakes", [(*_COLOR, 0.12), (*_COLOR, 1.0)])
"""Colors of shares: one color, more or less opaque, so that it suits a light and a dark page."""
DIAGONAL = (0.5, 0.5, 0.5, 0.12)
TOP, LABEL, GAP, BAR = 0.35, 0.35, 0.4, 1.0
"""Space for a panel's title, an axis label, between panels and for the scale, in inches."""


def count_confusions(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """Return int64 ``(classes, classes)``: the number of images of class i predicted as j.

    Args:
        labels: true classes, ``(N,)``.
        predicted: predicted classes, ``(N,)``.
        classes: number of classes.
    """
    # Each pair of classes is one integer, so that counting is one pass over the images.
    counts = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return counts.astype(np.int64).reshape(classes, classes)


def mistake_shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each cell's share of its row, 0 on the diagonal and in rows without images."""
    shares: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.fill_diagonal(shares, 0.0)
    return shares


def draw_confusion(
    counts: Sequence[NDArray[np.int64]],
    classes: Sequence[Sequence[str]],
    *,
    title: str = "",
    numbers: Sequence[int] = (),
    noun: str = "images",
) -> Figure:
    """Draw one matrix per head, mistakes colored by their share of the true class's images.

    Args:
        counts: per head ``(classes, classes)``, from `count_confusions`.
        classes: names of the classes, per head.
        title: title of the picture; without it, only the matrices are drawn.
        numbers: numbers of the heads, from 1; none for those of all heads of a model.
        noun: noun for several examples.
    """
    sides = [min(max(0.46 * len(names), 3.3), 6.4) for names in classes]
    names_wide = [max(text_width(short(name), 9) for name in names) + 0.1 for names in classes]
    width = sum(sides) + sum(names_wide) + (LABEL + GAP) * len(sides) + BAR + MARGIN - GAP
    top = TOP if title else 0.1
    height = top + max(sides) + max(names_wide) + LABEL + (MARGIN if title else 0)
    subtitle = f"Test {noun} by true class and by predicted class"
    figure = make_figure(width + MARGIN if title else width - BAR, height, title, subtitle)
    # One scale for all heads, so that their colors can be compared; 0.01 if there are no mistakes.
    norm = Normalize(0, max(float(mistake_shares(count).max()) for count in counts) or 0.01)
    x = MARGIN - GAP if title else -GAP
    for head, (count, names, side) in enumerate(zip(counts, classes, sides, strict=True)):
        x += GAP + LABEL + names_wide[head]
        axes = figure.add_axes(box(figure, x, height - top - side, side, side))
        _draw_panel(axes, count, names, norm, side)
        if title:
            number = numbers[head] if numbers else head + 1
            prefix = f"head {number}: " if len(sides) > 1 or number > 1 else ""
            accuracy = f"accuracy {np.trace(count) / count.sum():.2%} of {count.sum():,} {noun}"
            axes.set_title(prefix + accuracy, loc="left", size=10, color=INK)
        x += side
    if title:
        where = box(figure, x + 0.2, height - top - sides[-1], 0.15, sides[-1])
        label = f"share of the true class's {noun}"
        add_scale(figure, where, COLORS, norm, label).yaxis.set_major_formatter(PERCENT)
    return figure


def describe_confusion(counts: NDArray[np.int64], names: Sequence[str], most: int = 5) -> str:
    """Return the most frequent mistakes of a matrix as text, for readers who cannot see it."""
    wrong = counts - np.diag(np.diag(counts))
    cells = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [divmod(int(cell), len(names)) for cell in cells]
    mistakes = [f"{names[i]} as {names[j]}, {wrong[i, j]} times" for i, j in pairs if wrong[i, j]]
    return f"Confusion matrix. {'; '.join(mistakes) or 'No mistakes'}."


def _draw_panel(
    axes: Axes, count: NDArray[np.int64], names: Sequence[str], norm: Normalize, side: float
) -> None:
    shares = mistake_shares(count)
    colors = COLORS(norm(shares))  # (classes, classes, 4)
    colors[shares == 0] = 0  # transparent, unlike the color of the smallest share
    # Colors of the diagonal would hide all others, because most images are on it.
    colors[np.eye(len(count), dtype=bool)] = DIAGONAL
    # "none": the picture has one pixel per cell, which a browser enlarges without blur.
    axes.imshow(colors, interpolation="none")
    step = -(-len(names) // NAMED)  # rounded up
    ticks, shown = range(0, len(names), step), [short(name) for name in names[::step]]
    room = side / len(shown)
    size = min(9.0, room * 72 * 0.8)
    # Names that are wider than their column would overlap, and are rotated.
    flat = max(text_width(name, size) for name in shown) < 0.9 * room
    axes.set_xticks(ticks, shown, rotation=0 if flat else 90, size=size, parse_math=False)
    axes.set_yticks(ticks, shown, size=size, parse_math=False)
    axes.set_xlabel("predicted", size=9.5, color=INK)
    axes.set_ylabel("true", size=9.5, color=INK)
    axes.tick_params(length=0 if step == 1 else 2, color=MUTED, labelcolor=INK)
    axes.spines[:].set_color(LINES)
    if len(names) <= NUMBERED:
        _write_counts(axes, count, norm, side / len(names))


def _write_counts(axes: Axes, count: NDArray[np.int64], norm: Normalize, cell: float) -> None:
    """Write the counts above 0 into the cells; `cell` is their side in inches."""
    # A digit of DejaVu Sans is about 0.64 of the font size wide; 0.75 leaves a margin.
    size = min(9.0, cell * 72 / (0.75 * len(str(count.max()))))
    dark = norm(mistake_shares(count)) > 0.65
    for i, j in np.argwhere(count):
        color = MUTED if i == j else "white" if dark[i, j] else INK
        axes.text(j, i, str(count[i, j]), size=size, color=color, ha="center", va="center")
    # Lines between cells are the grid of minor ticks, since major ticks are at their centers.
    edges = np.arange(len(count) - 1) + 0.5
    axes.set_xticks(edges, minor=True)
    axes.set_yticks(edges, minor=True)
    axes.grid(which="minor", color=LINES, lw=0.6)
    axes.tick_params(which="minor", length=0)
