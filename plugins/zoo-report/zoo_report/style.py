"""The style of the pictures: colors, heading, PNG output."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

INK = "#222222"
MUTED = "#6b6b6b"
LINES = "#dddddd"
MARGIN = 0.25
"""Between the content and the edge of a picture, in inches."""
HEADING = 0.8
"""Height of title and subtitle with their margins, in inches."""
DPI = 120

Box = tuple[float, float, float, float]


def make_figure(width: float, height: float, title: str, subtitle: str) -> Figure:
    """Return an empty figure with a heading.

    Args:
        width: of the figure, in inches; more where the heading needs it.
        height: of what comes below the heading, in inches.
        title: first line of the heading.
        subtitle: second line.
    """
    heading = max(text_width(title, 12, weight="bold"), text_width(subtitle, 9.5))
    width, whole = max(width, heading + 2 * MARGIN), HEADING + height
    figure = Figure(figsize=(width, whole), facecolor="white")
    FigureCanvasAgg(figure)
    options: dict[str, Any] = {"x": MARGIN / width, "va": "top", "parse_math": False}
    figure.text(y=1 - 0.2 / whole, s=title, size=12, weight="bold", color=INK, **options)
    figure.text(y=1 - 0.48 / whole, s=subtitle, size=9.5, color=MUTED, **options)
    return figure


def box(figure: Figure, x: float, y: float, w: float = 0, h: float = 0) -> Box:
    """Return a box given in inches as shares of the figure.

    Args:
        figure: where it is.
        x: of its left edge, from the figure's.
        y: of its lower edge, from the figure's.
        w: its width.
        h: its height.
    """
    width, height = figure.get_size_inches()
    return float(x / width), float(y / height), float(w / width), float(h / height)


def add_legend(figure: Figure, axes: Axes) -> None:
    """Say below everything what the lines of `axes` are."""
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="lower center",
        bbox_to_anchor=(0.5, 0.1 / figure.get_figheight()),
        ncols=4,
        frameon=False,
        fontsize=9.5,
        labelcolor=INK,
    )


def short(name: str, length: int = 16) -> str:
    """Return a class's name, cut where it would take too much room."""
    return name if len(name) <= length else f"{name[: length - 1].rstrip()}…"


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return how wide a line of text is, in inches; `size` is in points."""
    font = FontProperties(size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file, the same bytes for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()
