"""Charts as plain facts, in the units of their SVG; templates/chart.html draws them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from zoo_report.page.axis import Axis

WIDTH, HEIGHT = 460, 280
LEFT, RIGHT, TOP, BOTTOM = 50, 446, 16, 238
"""Edges of the area that values are drawn in."""

COLORS = 6
"""How many there are (templates/style.css); of more lines, the dashes change."""


@dataclass(frozen=True)
class Line:
    """A line through values.

    Attributes:
        label: what it is.
        color: number of its color.
        path: SVG's; it has gaps where values are not finite.
        dash: number of its dashes; 0 is a whole line.
        ring: a position on it that is marked.
    """

    label: str
    color: int
    path: str
    dash: int = 0
    ring: tuple[float, float] | None = None


@dataclass(frozen=True)
class Point:
    """A value with its interval, named beside it.

    Attributes:
        label: what it is.
        color: number of its color.
        x: position.
        y: likewise.
        low: where its interval begins, along y.
        high: where it ends.
        text: where its label stands, of which `anchor` is at x.
        anchor: SVG's ``text-anchor``.
        title: what a pointer that rests on it is told.
    """

    label: str
    color: int
    x: float
    y: float
    low: float
    high: float
    text: tuple[float, float]
    anchor: str
    title: str


@dataclass(frozen=True)
class Chart:
    """A chart: what is drawn, along two axes."""

    title: str
    x: Axis
    y: Axis
    x_label: str
    y_label: str = ""
    lines: tuple[Line, ...] = ()
    points: tuple[Point, ...] = ()
    kept: tuple[float, str] | None = None
    """A vertical line: where, and what it means."""


def path(x: Axis, y: Axis, values: Iterable[tuple[float, float]]) -> str:
    """Return SVG's path through points, with gaps where a value is not finite."""
    steps, begun = [], False
    for across, up in values:
        if math.isfinite(up):
            steps.append(f"{'L' if begun else 'M'}{x.at(across):g} {y.at(up):g}")
        begun = math.isfinite(up)
    return "".join(steps)
