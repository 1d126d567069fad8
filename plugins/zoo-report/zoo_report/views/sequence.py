"""Pictures of sequences: aligned strings, and the most frequent confusions of symbols."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from zoo_report.heads.results import HeadResults
from zoo_report.misclassified_picture import to_pixels
from zoo_report.style import (
    COLORS,
    INK,
    MARGIN,
    MUTED,
    box,
    make_figure,
    short,
    style_axes,
    text_width,
)
from zoo_report.views.alignment import Edit, align, count_edits
from zoo_report.views.picture import Picture

Strings = list[list[str]]
"""Symbols of each example."""

SHOWN = 12
"""Maximum number of strings that are drawn."""
ALIGNED = 2000
"""Maximum number of wrong strings whose edits are counted."""
CONFUSIONS = 15
"""Maximum number of confusions that are drawn."""
SYMBOL, ROOM = 10.0, 0.09
"""Size of a symbol in points, and the space between two in inches."""
IMAGE_HEIGHT, IMAGE_WIDTH = 0.5, 2.4
"""Maximum size of an image beside a string, in inches."""
BLOCK = 0.64
"""Height of an image with its two strings, in inches."""
LINE = 0.22
"""Height of a line of symbols, in inches."""
MOST = 40
"""Maximum number of aligned symbols of a string."""
MISSING = "·"
"""Sign at the place of a symbol that the other string has."""
VISIBLE = {" ": "␣", "\t": "⇥", "\n": "⏎"}
"""Signs for symbols that are not seen."""


def string_pictures(head: HeadResults) -> list[Picture]:
    """Return the hardest strings, and the most frequent confusions."""
    true, predicted = strings_of(head)
    rows = head.hardest(SHOWN).tolist()
    wrong = [i for i, pair in enumerate(zip(true, predicted, strict=True)) if pair[0] != pair[1]]
    counted = count_edits(align(true[i], predicted[i]) for i in wrong[:ALIGNED])
    top = counted.most_common(CONFUSIONS)
    count = f"{len(wrong):,} of {len(head):,} test strings are wrong"
    caption = f"{count}; the hardest ones: true above, predicted below, differences in color"
    pictures = [
        Picture(
            name="strings",
            heading="The hardest strings",
            caption=caption,
            label="Aligned strings. "
            + "; ".join(f"{_joined(true[i])} as {_joined(predicted[i])}" for i in rows),
            draw=partial(draw_strings, head, rows, (true, predicted), caption),
        )
    ]
    if top:
        part = f"of the first {ALIGNED:,} wrong strings" if len(wrong) > ALIGNED else "of all"
        said = f"Most frequent differences {part}: true → predicted"
        names = [f"{_sign(wanted)} → {_sign(found)}" for (wanted, found), _ in top]
        counts = [count for _, count in top]
        described = "; ".join(f"{n}, {c} times" for n, c in zip(names, counts, strict=True))
        pictures.append(
            Picture(
                name="edits",
                heading="Confusions of symbols",
                caption=f"{said}; {MISSING} is a symbol that is missing or too many",
                label=f"Bars. {described}",
                draw=partial(draw_edits, names, counts, said),
            )
        )
    return pictures


def strings_of(head: HeadResults) -> tuple[Strings, Strings]:
    """Return the true and the predicted symbols of each example."""
    symbols = head.task.target.classes
    codes = head.predict(np.arange(len(head))).codes
    true, predicted = (
        [[symbols[code] for code in row if code >= 0] for row in each.tolist()]
        for each in (head.targets, codes)
    )
    return true, predicted


def _joined(symbols: Sequence[str]) -> str:
    return "".join(symbols) or "nothing"


def _sign(symbol: str) -> str:
    return VISIBLE.get(symbol, symbol) or MISSING


def draw_strings(
    head: HeadResults,
    rows: Sequence[int],
    strings: tuple[Strings, Strings],
    caption: str,
    title: str = "",
) -> Figure:
    """Draw true and predicted strings, aligned, with the image beside them, if it is one.

    Args:
        head: results of the head.
        rows: examples to draw.
        strings: true and predicted symbols of each example.
        caption: second line of the heading.
        title: title of the picture; without it, only the strings are drawn.
    """
    true, predicted = strings
    aligned = [align(true[row], predicted[row]) for row in rows]
    margin = MARGIN if title else 0.05
    left = margin + (_image_size(head)[0] + 0.25 if head.examples.are_images else 0)
    measures = [f"{head.value(row)}, {head.confidence(row)}" for row in rows]
    widths = [_width(edits) for edits in aligned]
    # Wider by a fifth, because small text is drawn with whole pixels per letter.
    info = 1.2 * max(text_width(text, 8.5) for text in measures)
    size = left + max(widths) + 0.3 + info + margin, len(rows) * BLOCK + margin
    figure = make_figure(*size, title, caption)
    for number, (row, edits) in enumerate(zip(rows, aligned, strict=True)):
        y = margin / 2 + (len(rows) - number) * BLOCK - 0.1  # the upper edge of the block
        if head.examples.are_images:
            _draw_image(figure, head, row, margin, y)
        _draw_edits(figure, edits, left, y)
        where = box(figure, left + max(widths) + 0.3, y - LINE)[:2]
        figure.text(*where, measures[number], size=8.5, color=MUTED, va="center")
    return figure


def _image_size(head: HeadResults) -> tuple[float, float]:
    height, width = head.examples.spec.shape[1:]
    scale = min(IMAGE_HEIGHT / height, IMAGE_WIDTH / width)
    return max(width * scale, 0.1), max(height * scale, 0.1)


def _draw_image(figure: Figure, head: HeadResults, row: int, x: float, top: float) -> None:
    wide, high = _image_size(head)
    axes = figure.add_axes(box(figure, x, top - LINE - high / 2, wide, high))
    pixels = to_pixels(head.examples.input(row))
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, aspect="auto", interpolation="none")
    axes.set_axis_off()


def _cells(edits: Sequence[Edit]) -> list[tuple[str, str, float]]:
    """Return the two signs of each edit, and the width that they take in inches."""
    shown = [(_sign(wanted), _sign(found)) for wanted, found in edits[:MOST]]
    if len(edits) > MOST:
        shown.append(("…", "…"))
    return [(*pair, max(text_width(sign, SYMBOL) for sign in pair) + ROOM) for pair in shown]


def _width(edits: Sequence[Edit]) -> float:
    return math.fsum(width for *_, width in _cells(edits))


def _draw_edits(figure: Figure, edits: Sequence[Edit], x: float, top: float) -> None:
    """Draw the symbols of an aligned string, the true ones above the predicted ones."""
    for wanted, found, width in _cells(edits):
        if wanted != found:
            where = box(figure, x, top - 2 * LINE, width, 2 * LINE)
            color = COLORS[1]
            figure.add_artist(
                Rectangle(
                    where[:2],
                    *where[2:],
                    transform=figure.transFigure,
                    color=color,
                    alpha=0.2,
                    lw=0,
                )
            )
        for line, sign in enumerate((wanted, found)):
            place = box(figure, x + width / 2, top - (line + 0.5) * LINE)[:2]
            options: dict[str, Any] = {"ha": "center", "va": "center", "parse_math": False}
            differs = wanted != found and line == 1
            color = COLORS[1] if differs else MUTED if sign == MISSING else INK
            weight = "bold" if differs else "normal"
            figure.text(*place, sign, size=SYMBOL, color=color, weight=weight, **options)
        x += width


def draw_edits(
    names: Sequence[str], counts: Sequence[int], caption: str, title: str = ""
) -> Figure:
    """Draw one bar per confusion.

    Args:
        names: confusions, such as ``a → o``.
        counts: number of times of each.
        caption: second line of the heading.
        title: title of the picture; without it, only the bars are drawn.
    """
    margin = MARGIN if title else 0.05
    labels = [short(name, 30) for name in names]
    wide = max(text_width(label, 9.5) for label in labels) + 0.15
    height = 0.3 * len(names)
    figure = make_figure(wide + 4.6 + 2 * margin, height + 0.2, title, caption)
    axes = figure.add_axes(box(figure, margin + wide, 0.1, 4.0, height))
    bars = axes.barh(range(len(names)), counts, height=0.62, color=COLORS[1])
    axes.bar_label(bars, [f"{count:,}" for count in counts], padding=4, size=9, color=INK)
    style_axes(axes)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_xlim(0, max(counts))
    axes.spines["bottom"].set_visible(False)
    axes.set_yticks(range(len(names)), labels, size=9.5, parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    return figure


def string_texts(head: HeadResults, rows: NDArray[np.int64]) -> list[str]:
    """Return the true strings, in quotes, as predictions show them."""
    symbols = head.task.target.classes
    codes = head.targets[rows].tolist()
    strings = ["".join(symbols[code] for code in row if code >= 0) for row in codes]
    return [json.dumps(string, ensure_ascii=False) for string in strings]
