"""A picture of the hardest examples of a head: images with captions, or lines of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from zoo_report.heads.hardest import Hard
from zoo_report.heads.results import HeadResults
from zoo_report.misclassified_picture import to_pixels
from zoo_report.style import INK, LINES, MARGIN, MUTED, box, make_figure, short, text_width

COLUMNS = 4
"""Number of images side by side."""
SIDE = 1.15
"""Width and height of a square image in inches; others have the same area, unless very thin."""
LINE, GAP = 0.18, 0.3
"""Height of a line of text, and space between images, in inches."""
ROW = 0.27
"""Height of a row of a table, in inches."""
LONGEST = 44
"""Maximum number of letters of a cell."""


def draw_examples(head: HeadResults, hard: Sequence[Hard], *, title: str, subtitle: str) -> Figure:
    """Draw the hardest examples, each with its true and its predicted value.

    Args:
        head: results of the head.
        hard: examples, from `zoo_report.heads.hardest.hardest_of`.
        title: title of the picture.
        subtitle: second line of the heading.
    """
    if head.examples.are_images:
        return _draw_images(head, hard, title, subtitle)
    return _draw_table(hard, title, subtitle)


def _draw_images(head: HeadResults, hard: Sequence[Hard], title: str, subtitle: str) -> Figure:
    height, width = head.examples.spec.shape[1:]
    # The square root keeps the area; at most 3, or a thin image would be wider than the picture.
    stretch = math.sqrt(min(max(width / height, 1 / 3), 3))
    wide, high = SIDE * stretch, SIDE / stretch
    captions = [_caption(each) for each in hard]
    cell = max([wide, *(text_width(line, 9) for caption in captions for line in caption)]) + GAP
    tall = high + 3 * LINE + GAP
    lines = -(-len(hard) // COLUMNS)
    columns = min(COLUMNS, len(hard))
    figure = make_figure(columns * cell - GAP + 2 * MARGIN, lines * tall, title, subtitle)
    for i, (each, caption) in enumerate(zip(hard, captions, strict=True)):
        x, y = MARGIN + i % COLUMNS * cell, (lines - i // COLUMNS) * tall - high
        axes = figure.add_axes(box(figure, x, y, wide, high), anchor="SW")
        pixels = to_pixels(head.examples.input(each.index))
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="none")
        axes.set_axis_off()
        for number, line in enumerate(caption):
            where = box(figure, x, y - 0.06 - number * LINE)[:2]
            color, size = ((INK, 9), (INK, 9), (MUTED, 8.5))[number]
            options: dict[str, Any] = {"va": "top", "parse_math": False}
            figure.text(*where, line, size=size, color=color, **options)
    return figure


def _caption(each: Hard) -> tuple[str, str, str]:
    return f"true: {short(each.true, 30)}", f"→ {short(each.predicted, 30)}", each.value


def _draw_table(hard: Sequence[Hard], title: str, subtitle: str) -> Figure:
    names = ("example", "input", "true", "predicted", "")
    rows = [
        [
            short(cell, LONGEST)
            for cell in (each.name, each.input, each.true, each.predicted, each.value)
        ]
        for each in hard
    ]
    cells = [names, *rows]
    widths = [max(text_width(row[i], 9) for row in cells) + 0.25 for i in range(len(names))]
    figure = make_figure(sum(widths) + 2 * MARGIN, len(cells) * ROW + 0.15, title, subtitle)
    for number, row in enumerate(cells):
        y = (len(cells) - number) * ROW
        for i, cell in enumerate(row):
            where = box(figure, MARGIN + sum(widths[:i]), y)[:2]
            color = INK if number and i in (2, 3) else MUTED
            options: dict[str, Any] = {"va": "center", "parse_math": False}
            figure.text(*where, cell, size=9, color=color, **options)
    line = box(figure, MARGIN, (len(cells) - 0.5) * ROW, sum(widths))
    ends = [line[0], line[0] + line[2]], [line[1]] * 2
    figure.add_artist(Line2D(*ends, color=LINES, lw=0.8, transform=figure.transFigure))
    return figure
