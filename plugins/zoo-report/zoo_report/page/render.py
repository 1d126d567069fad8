"""HTML from the templates beside this file; every value is escaped.

Charts are SVG in the page, colored by CSS, because they then follow light and dark and stay small.
A policy in the page forbids scripts as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from zoo_report.page.chart import BOTTOM, COLORS, HEIGHT, LEFT, RIGHT, WIDTH
from zoo_report.page.comparison_section import LEVEL, STRIP, ComparisonSection
from zoo_report.page.model_section import ModelSection

GENERATOR = '<meta name="generator" content="zoo-report">'
"""By which a page of ours is known; templates/page.html has it near its beginning."""


def render(
    title: str, comparisons: Sequence[ComparisonSection], sections: Sequence[ModelSection]
) -> bytes:
    """Return a page.

    Args:
        title: what it is about.
        comparisons: one for each data set that several models read.
        sections: one for each model.
    """
    environment = Environment(
        loader=PackageLoader("zoo_report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    environment.globals |= {
        "colors": COLORS,
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": RIGHT,
        "bottom": BOTTOM,
        "level": LEVEL,
        "strip_width": STRIP,
    }
    page = environment.get_template("page.html").render(
        title=title,
        comparisons=comparisons,
        sections=sections,
    )
    return page.encode("utf-8", "replace")  # paths may hold bytes that are no text


def percent(share: float, digits: int = 2) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.{digits}f}%"


def chance(probability: float) -> str:
    """Return a probability that is not rounded up to certainty."""
    return "> 99.9%" if probability > 0.999 else f"{100 * probability:.1f}%"


def count(number: int) -> str:
    return f"{number:,}"


def size(number: int) -> str:
    """Return a number of bytes with a unit, powers of 1000."""
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= one:
            return f"{number / one:.3g} {unit}"
    return f"{number} B"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def p_value(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.3f}"


FILTERS: dict[str, Callable[..., str]] = {
    "percent": percent,
    "chance": chance,
    "count": count,
    "size": size,
    "duration": duration,
    "p_value": p_value,
}
