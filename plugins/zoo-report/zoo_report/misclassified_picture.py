"""The misread images of which a model was surest."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from zoo_core.plugin_api import Misclassified
from zoo_report.style import INK, MARGIN, MUTED, box, make_figure, short, text_width

SHOWN = 24
"""At most so many images are shown."""
WIDTH = 9.0
"""Of the picture at most, in inches, unless captions are long."""
SIDE = 1.15
"""Height and width of a square image, in inches; another takes as much room, unless it is thin."""
LINE, GAP = 0.18, 0.25
"""Height of a line of text, and the room between images, in inches."""


def draw_misclassified(
    misread: Misclassified,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    read: NDArray[np.int64],
    classes: Sequence[Sequence[str]],
    *,
    title: str,
) -> Figure:
    """Draw the first of the misread images, each with "true → read" and the probability.

    Args:
        misread: as `find_misread` gives it.
        images: uint8 ``(N, C, H, W)``.
        labels: int64 ``(N, heads)``, the true classes.
        read: int64 ``(N, heads)``, what a model reads.
        classes: for each head, the names of its classes.
        title: of the picture.
    """
    rows = misread.rows[:SHOWN]
    if not len(rows):
        none = f"No mistakes: all {misread.total:,} images are read correctly."
        figure = make_figure(7.2, 1.2, title, "Misread test images")
        figure.text(*box(figure, MARGIN, 0.6)[:2], none, size=11, color=INK, va="center")
        return figure
    captions = _captions(labels[rows], read[rows], classes)
    stretch = math.sqrt(min(max(images.shape[3] / images.shape[2], 1 / 3), 3))
    wide, high = SIDE * stretch, SIDE / stretch
    cell = max(wide, *(text_width(line, 9.5) for text in captions for line in text.split("\n")))
    most = max(1, int((WIDTH - 2 * MARGIN + GAP) / (cell + GAP)))
    lines = -(-len(rows) // most)
    columns = -(-len(rows) // lines)  # so that the lines are about equally long
    text = LINE * (1 + captions[0].count("\n"))
    tall = high + text + LINE + GAP
    width = columns * (cell + GAP) - GAP + 2 * MARGIN
    figure = make_figure(width, lines * tall, title, _subtitle(misread))
    for i, (row, caption) in enumerate(zip(rows, captions, strict=True)):
        x, y = MARGIN + i % columns * (cell + GAP), (lines - i // columns) * tall - high
        axes = figure.add_axes(box(figure, x, y, wide, high), anchor="SW")
        axes.imshow(_pixels(images[row]), cmap="gray", vmin=0, vmax=255)
        axes.set_axis_off()
        _write(figure, x, y - 0.06, caption, size=9.5, color=INK)
        chance = _percent(float(misread.confidence[i]))
        _write(figure, x, y - 0.06 - text, chance, size=8.5, color=MUTED)
    return figure


def _subtitle(misread: Misclassified) -> str:
    count = len(misread.rows)
    which = f", the {SHOWN} surest" if count > SHOWN else ", the surest first" if count > 1 else ""
    return (
        f"{count:,} of {misread.total:,} test images misread{which}: "
        "true → read, and the probability of the wrong class"
    )


def _captions(
    labels: NDArray[np.int64], read: NDArray[np.int64], classes: Sequence[Sequence[str]]
) -> list[str]:
    """Return "true → read" of each image, on two lines where any is long."""
    pairs = [(_names(i, classes), _names(j, classes)) for i, j in zip(labels, read, strict=True)]
    longest = max(text_width(f"{true} → {wrong}", 9.5) for true, wrong in pairs)
    arrow = " → " if longest < 1.5 * SIDE else " →\n"
    return [true + arrow + wrong for true, wrong in pairs]


def _names(labels: NDArray[np.int64], classes: Sequence[Sequence[str]]) -> str:
    return " ".join(short(names[label]) for label, names in zip(labels, classes, strict=True))


def _write(figure: Figure, x: float, y: float, text: str, *, size: float, color: str) -> None:
    """Write text whose upper left corner is given in inches."""
    x, y = box(figure, x, y)[:2]
    figure.text(x, y, text, size=size, color=color, va="top", linespacing=1.3, parse_math=False)


def _percent(probability: float) -> str:
    """Return a probability that is not rounded up to certainty."""
    return "> 99.9%" if probability > 0.999 else f"{probability:.1%}"


def _pixels(image: NDArray[np.uint8]) -> NDArray[np.generic]:
    """Return an image ``(C, H, W)`` as ``(H, W, 3)``, or gray ``(H, W)`` unless C is 3."""
    return image.transpose(1, 2, 0) if len(image) == 3 else image.mean(axis=0)
