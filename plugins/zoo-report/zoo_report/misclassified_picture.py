"""A picture of the most confident mistakes of a model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from zoo_core.plugin_api import Misclassified, class_names, format_probability
from zoo_report.style import INK, MARGIN, MUTED, box, make_figure, short, text_width

SHOWN = 24
"""Maximum number of images."""
WIDTH = 9.0
"""Maximum width of the picture in inches, unless captions are long."""
SIDE = 1.15
"""Width and height of a square image in inches; others have the same area, unless very thin."""
LINE, GAP = 0.18, 0.25
"""Height of a line of text, and space between images, in inches."""


def draw_misclassified(
    mistakes: Misclassified,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    classes: Sequence[Sequence[str]],
    *,
    title: str,
) -> Figure:
    """Draw misclassified images, each with "true → predicted" and the probability.

    Args:
        mistakes: result of `zoo_core.plugin_api.find_misclassified`.
        images: uint8 ``(N, C, H, W)``.
        labels: true classes, int64 ``(N, heads)``.
        predicted: predicted classes, int64 ``(N, heads)``.
        classes: names of the classes, per head.
        title: title of the picture.
    """
    rows = mistakes.rows[:SHOWN]
    if not len(rows):
        none = f"No mistakes: all {mistakes.total:,} images are classified correctly."
        figure = make_figure(7.2, 1.2, title, "Misclassified test images")
        figure.text(*box(figure, MARGIN, 0.6)[:2], none, size=11, color=INK, va="center")
        return figure
    captions = _captions(labels[rows], predicted[rows], classes)
    # The square root keeps the area; at most 3, or a thin image would be wider than the picture.
    stretch = math.sqrt(min(max(images.shape[3] / images.shape[2], 1 / 3), 3))
    wide, high = SIDE * stretch, SIDE / stretch
    cell = max(wide, *(text_width(line, 9.5) for text in captions for line in text.split("\n")))
    most = max(1, int((WIDTH - 2 * MARGIN + GAP) / (cell + GAP)))
    lines = -(-len(rows) // most)
    columns = -(-len(rows) // lines)  # lines of about equal length, not a short one at the end
    text = LINE * (1 + captions[0].count("\n"))
    tall = high + text + LINE + GAP
    width = columns * (cell + GAP) - GAP + 2 * MARGIN
    figure = make_figure(width, lines * tall, title, _subtitle(mistakes))
    for i, (row, caption) in enumerate(zip(rows, captions, strict=True)):
        x, y = MARGIN + i % columns * (cell + GAP), (lines - i // columns) * tall - high
        axes = figure.add_axes(box(figure, x, y, wide, high), anchor="SW")
        # Fixed limits, because imshow would stretch the contrast of every gray image.
        axes.imshow(to_pixels(images[row]), cmap="gray", vmin=0, vmax=255)
        axes.set_axis_off()
        probability = format_probability(float(mistakes.confidence[i]))
        for below, line, size, color in (
            (0.06, caption, 9.5, INK),
            (0.06 + text, probability, 8.5, MUTED),
        ):
            where = box(figure, x, y - below)[:2]
            options: dict[str, Any] = {"va": "top", "linespacing": 1.3, "parse_math": False}
            figure.text(*where, line, size=size, color=color, **options)
    return figure


def _subtitle(mistakes: Misclassified) -> str:
    count = len(mistakes.rows)
    order = f", the {SHOWN} most confident" if count > SHOWN else ""
    return (
        f"{count:,} of {mistakes.total:,} test images misclassified{order}: "
        "true → predicted, and the probability of the wrong class"
    )


def _captions(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[Sequence[str]]
) -> list[str]:
    """Return "true → predicted" per image, on two lines if any caption is long."""
    pairs = [
        [" ".join(map(short, class_names(each, classes))) for each in pair]
        for pair in zip(labels, predicted, strict=True)
    ]
    # All captions have the same number of lines, because the images are in a grid.
    longest = max(text_width(" → ".join(pair), 9.5) for pair in pairs)
    return [(" → " if longest < 1.5 * SIDE else " →\n").join(pair) for pair in pairs]


def to_pixels(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image ``(C, H, W)`` as ``(H, W, 3)``, or gray ``(H, W)`` unless C is 3."""
    pixels: NDArray[np.uint8] = (
        image.transpose(1, 2, 0) if len(image) == 3 else image.mean(axis=0).astype(np.uint8)
    )
    return pixels
