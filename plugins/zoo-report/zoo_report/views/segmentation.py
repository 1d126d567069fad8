"""Pictures of segmentation: masks over inputs, and the intersection over union of each class."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from zoo_core.plugin_api import IGNORED_PIXEL, format_probability
from zoo_report.heads.names import number
from zoo_report.heads.results import HeadResults
from zoo_report.misclassified_picture import to_pixels
from zoo_report.style import (
    INK,
    LINES,
    MARGIN,
    MUTED,
    PERCENT,
    box,
    make_figure,
    short,
    style_axes,
    text_width,
)
from zoo_report.views.picture import Picture

WORST, OTHERS = 6, 2
"""Number of examples that are shown: the worst, and others spread over the rest."""
COLUMNS = 2
"""Number of examples side by side."""
SIDE = 1.35
"""Width and height of a square mask in inches; others have the same area."""
OPACITY = 0.55
"""Opacity of a mask over an image."""
PALETTE = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#edc948", "#76b7b2", "#ff9da7")
"""Colors of the first classes, the same on a light and on a dark page, unlike other colors."""
IGNORED = "#808080"
"""Color of pixels without a class."""
MAX_BARS = 40
"""Maximum number of classes with a bar."""


def class_color(index: int) -> tuple[float, float, float]:
    """Return the color of a class, different for each of the first few dozen."""
    if index < len(PALETTE):
        return to_rgb(PALETTE[index])
    # Hues a golden angle apart: no two of a few dozen are close.
    hue = 0.618034 * index % 1
    return colorsys.hls_to_rgb(hue, (0.35, 0.5, 0.65)[index % 3], 0.65)


def mask_pictures(head: HeadResults) -> list[Picture]:
    """Return the masks of some examples, and the bars of each class."""
    rows = _chosen(head)
    worst = min(WORST, len(rows))
    shares = ious_by_class(head.measured.counts["pixels"])
    names = head.task.target.classes
    described = ", ".join(
        f"{name} {share:.1%}"
        for name, share in zip(names, shares, strict=True)
        if not np.isnan(share)
    )
    caption = (
        f"Input, true and predicted classes of {len(rows)} of {len(head):,} test "
        f"{head.examples.noun}: the {worst} with the lowest IoU"
        + (f", and {len(rows) - worst} of the others" if len(rows) > worst else "")
    )
    per_class = (
        "Intersection over union of each class, over all pixels of "
        f"{len(head):,} test {head.examples.noun}"
    )
    return [
        Picture(
            name="masks",
            heading="Examples",
            caption=caption,
            label=f"{caption}.",
            draw=partial(draw_masks, head, rows, caption),
        ),
        Picture(
            name="iou",
            heading="Intersection over union",
            caption=per_class,
            label=f"Bars. {described}",
            draw=partial(draw_ious, shares, names, per_class),
        ),
    ]


def ious_by_class(pixels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the intersection over union of each class, nan for one that never occurs.

    Args:
        pixels: numbers ``(3, classes)`` of pixels in the targets, the predictions, and both.
    """
    wanted, predicted, both = pixels
    with np.errstate(invalid="ignore"):  # 0 / 0 is nan
        shares: NDArray[np.float64] = both / (wanted + predicted - both)
    return shares


def _chosen(head: HeadResults) -> NDArray[np.int64]:
    """Return the worst examples, and others at equal distances up to the best."""
    order = head.hardest(len(head))
    rest = order[WORST:]
    places = np.linspace(0, len(rest) - 1, min(OTHERS + 1, len(rest)) or 1)[1:].astype(int)
    return np.concatenate([order[:WORST], rest[places] if len(rest) > 1 else rest])


def draw_masks(head: HeadResults, rows: NDArray[np.int64], caption: str, title: str = "") -> Figure:
    """Draw input, true mask and predicted mask of some examples, with a legend of the classes.

    Args:
        head: results of the head.
        rows: examples to draw.
        caption: second line of the heading.
        title: title of the picture; without it, only the masks are drawn.
    """
    prediction = head.predict(rows)
    predicted, sure = prediction.masks, prediction.confidences.mean(axis=(1, 2), dtype=np.float64)
    panels = ("input", "true", "predicted")[0 if head.examples.are_images else 1 :]
    height, width = head.task.target.shape
    stretch = math.sqrt(min(max(width / height, 1 / 3), 3))
    wide, high, margin = SIDE * stretch, SIDE / stretch, MARGIN if title else 0.05
    cell = len(panels) * (wide + 0.08) + 0.3
    lines = -(-len(rows) // COLUMNS)
    tall = high + 0.45
    columns = min(COLUMNS, len(rows))
    legend = _legend_of(head, columns * cell)
    size = columns * cell - 0.3 + 2 * margin, lines * tall + 0.3 * len(legend) + 0.35
    figure = make_figure(*size, title, caption)
    top = lines * tall + 0.3 * len(legend) + 0.1
    for i, row in enumerate(rows.tolist()):
        x, y = margin + i % COLUMNS * cell, top - i // COLUMNS * tall - high
        masks = {"true": head.targets[row], "predicted": predicted[i]}
        image = head.examples.input(row) if head.examples.are_images else None
        for place, panel in enumerate(panels):
            where = box(figure, x + place * (wide + 0.08), y, wide, high)
            axes = figure.add_axes(where)
            _show(axes, image, masks.get(panel))
            if i < COLUMNS:
                axes.set_title(panel, size=8.5, color=MUTED, loc="left", pad=3)
        words = f"{head.value(row)}, mean confidence {format_probability(sure[i])}"
        figure.text(*box(figure, x, y - 0.05)[:2], words, size=8.5, color=MUTED, va="top")
    for line, entries in enumerate(legend):
        figure.legend(
            handles=entries,
            loc="lower left",
            bbox_to_anchor=box(figure, margin - 0.05, 0.3 * (len(legend) - 1 - line))[:2],
            ncols=len(entries),
            frameon=False,
            fontsize=9,
            labelcolor=INK,
            borderaxespad=0.2,
            handlelength=1.0,
            columnspacing=1.2,
        )
    return figure


def _show(axes: Axes, image: NDArray[Any] | None, mask: NDArray[Any] | None) -> None:
    """Draw an image, with a mask over it, or a mask alone."""
    pixels = None if image is None else to_pixels(image)
    if pixels is not None and pixels.ndim == 2:
        pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2)
    if mask is None:
        assert pixels is not None  # a panel has an image or a mask
        blended = pixels
    else:
        colors = np.array([class_color(i) for i in range(IGNORED_PIXEL)] + [to_rgb(IGNORED)])
        colored = 255 * colors[mask.astype(np.int64)]
        if pixels is not None and pixels.shape[:2] == colored.shape[:2]:
            colored = OPACITY * colored + (1 - OPACITY) * pixels
        blended = colored.round().astype(np.uint8)
    axes.imshow(blended, interpolation="none")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color(LINES)


def _legend_of(head: HeadResults, width: float) -> list[list[Patch]]:
    """Return the lines of a legend: the classes, and pixels without one, if there are any."""
    patches = [
        Patch(color=class_color(i), label=short(name, 24))
        for i, name in enumerate(head.task.target.classes)
    ]
    if (head.targets == IGNORED_PIXEL).any():
        patches.append(Patch(color=IGNORED, label="no class"))
    lines: list[list[Patch]] = [[]]
    used = 0.0
    for patch in patches:
        need = text_width(str(patch.get_label()), 9) + 0.5
        if lines[-1] and used + need > width:
            lines.append([])
            used = 0.0
        lines[-1].append(patch)
        used += need
    return lines


def draw_ious(
    shares: NDArray[np.float64], names: Sequence[str], caption: str, title: str = ""
) -> Figure:
    """Draw one bar per class, the lowest ones if there are many.

    Args:
        shares: from `ious_by_class`.
        names: names of the classes.
        caption: second line of the heading.
        title: title of the picture; without it, only the bars are drawn.
    """
    order = np.arange(len(names))
    if len(names) > MAX_BARS:
        order = np.argsort(np.nan_to_num(shares, nan=2), kind="stable")[:MAX_BARS]
    margin = MARGIN if title else 0.05
    labels = [short(names[i], 24) for i in order.tolist()]
    wide = max(text_width(label, 9.5) for label in labels) + 0.15
    height = 0.32 * len(order)
    figure = make_figure(wide + 4.9 + 2 * margin, height + 0.5, title, caption)
    axes = figure.add_axes(box(figure, margin + wide, 0.35, 4.2, height))
    bars = axes.barh(
        range(len(order)),
        np.nan_to_num(shares[order]),
        height=0.62,
        color=[class_color(int(i)) for i in order],
    )
    texts = [
        "does not occur" if np.isnan(shares[i]) else number("iou", float(shares[i])) for i in order
    ]
    axes.bar_label(bars, texts, padding=4, size=9, color=INK)
    style_axes(axes)
    axes.grid(axis="y", visible=False)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PERCENT)
    axes.set_yticks(range(len(order)), labels, size=9.5, parse_math=False)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    return figure


def mask_texts(head: HeadResults, rows: NDArray[np.int64]) -> list[str]:
    """Return the shares of the classes in each true mask, as predictions show them."""
    masks = head.targets[rows]
    # Outputs of which each pixel's class is the most probable one; other pixels have none.
    classes = np.arange(head.task.target.size).reshape(-1, 1, 1)
    outputs = (masks[:, np.newaxis] == classes).astype(np.float32)
    return [*head.task.texts(head.task.predict(outputs))]
