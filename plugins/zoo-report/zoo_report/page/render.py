"""HTML from the templates next to this file, with every value escaped."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from zoo_core.plugin_api import format_probability, shown
from zoo_report.page.verdict import LEVEL
from zoo_report.style import COLORS, DASHES

GENERATOR = '<meta name="generator" content="zoo-report">'
"""Element near the beginning of templates/page.html that identifies pages of this plugin."""


Section = Mapping[str, Any]
"""Values for a template of a section."""


def render(title: str, comparisons: Sequence[Section], sections: Sequence[Section]) -> bytes:
    """Return a page.

    Args:
        title: title of the page.
        comparisons: one section per data set with several models.
        sections: one section per model.
    """
    environment = Environment(
        loader=PackageLoader("zoo_report.page"),
        # Names of models, classes and paths are third-party text; `svg` escapes its own.
        autoescape=True,
        finalize=_inert,
        # A misspelled value is an error, and not an empty cell of a table.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    environment.globals |= {"colors": len(COLORS), "dashes": len(DASHES), "level": LEVEL}
    template = environment.get_template("page.html")
    page = template.render(title=title, comparisons=comparisons, sections=sections)
    return page.encode()


def _inert(value: Any) -> Any:
    """Return a value of a template without control characters and without secrets of URLs."""
    # Text that is HTML already is zoo's own: `svg` makes its parts inert.
    return shown(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.2%}"


def thousands(number: int) -> str:
    return f"{number:,}"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 59.95:  # above, one decimal would round to 60.0 s
        return f"{seconds:.1f} s"
    # Whole seconds first, or 59.97 s would become "0 min 60 s".
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def p_value(p: float) -> str:
    # Two significant digits where they matter; smaller values are all equally certain.
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.3f}"


FILTERS: dict[str, Callable[..., str]] = {
    "percent": percent,
    "probability": format_probability,
    "thousands": thousands,
    "duration": duration,
    "p_value": p_value,
}
