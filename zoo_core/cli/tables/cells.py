"""Cells of tables: the values of columns as text.

Standard library only, because `zoo list` prints with it: see `zoo_core.plugins.index`.
"""

from __future__ import annotations

from zoo_core.errors import singular
from zoo_core.metrics.metric_text import format_metric
from zoo_core.text import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def format_cell(column: str, value: Any) -> str:
    """Return the text of a cell, printable."""
    # Escaped before the widths are computed, because an escape is wider than its character.
    return shown(_FORMATS[column](value) if column in _FORMATS else _format_other(value))


def _format_other(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _format_offers(kinds: dict[str, list[str]]) -> str:
    return ", ".join(
        f"{len(names):,} {kind if len(names) > 1 else singular(kind)}"
        for kind, names in kinds.items()
    )


def format_scores(scores: dict[str, list[float]]) -> str:
    """Return ``99.12% / 98.74%`` for accuracies, and other metrics with their names."""
    return ", ".join(
        f"{'' if name == 'accuracy' else f'{name} '}"
        + " / ".join(format_metric(name, value) for value in heads)
        for name, heads in scores.items()
    )


def _format_target(target: dict[str, Any]) -> str:
    many = target.get("size") or len(target.get("classes", ()))
    return f"{many} classes" if target["task"] == "classification" else target["task"]


def _format_count(count: int | None) -> str:
    """Return a number with three digits, such as ``102K`` or ``1.23B``: as ``--max-params``."""
    if count is None:
        return ""
    for factor, unit in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        # From 999.5 on, three digits are those of the next unit.
        if count >= factor * 0.9995:
            return f"{float(f'{count / factor:.3g}'):g}{unit}"
    return str(count)


_FORMATS: dict[str, Callable[[Any], str]] = {
    "offers": _format_offers,
    "sizes": lambda sizes: ", ".join(f"{split} {size:,}" for split, size in sizes.items()),
    "accuracy": lambda heads: format_scores({"accuracy": heads}),
    "score": format_scores,
    "input": lambda spec: f"{spec['kind']} {'×'.join(map(str, spec['shape']))}",
    "targets": lambda targets: ", ".join(map(_format_target, targets)),
    "best": format_scores,
    "params": _format_count,
    "default": lambda is_default: "default" if is_default else "",
}
"""Format of a column's values in a table, for columns that need one."""
