"""Output of commands: one JSON object, a table, or facts.

Standard library only, because `zoo list` prints with it: see `zoo_core.plugins.index`.
"""

from __future__ import annotations

import json
import os
import sys

from zoo_core.errors import singular
from zoo_core.metrics.metric_text import format_metric
from zoo_core.system.terminal import print_lines
from zoo_core.text import encodable, mask_secrets, rewrite_texts, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any


def print_json(report: dict[str, Any]) -> None:
    """Print a report as one JSON object on standard output, with the schema's number first."""
    report = {"schema": 1, **report}
    text = json.dumps(report)
    # Only then, because walking a long report takes longer than writing it.
    if any(mark in text for mark in _NOT_FOR_JSON):
        text = json.dumps(rewrite_texts(report, _for_json))
    sys.stdout.write(text + "\n")


_NOT_FOR_JSON = ("\\ud", "://", "NaN", "Infinity")
"""Parts of a report with text that UTF-8 cannot encode, a secret, or a number that JSON lacks."""


def _for_json(text: str) -> str:
    return mask_secrets(encodable(text))


def print_facts(facts: dict[str, Any]) -> None:
    """Print names and values on a line each; the entries of a dict are indented below its name."""
    width = max(map(len, facts))
    for key, value in facts.items():
        if isinstance(value, dict) and value:
            entries = (f"  {name}: {_as_text(item)}".rstrip() for name, item in value.items())
            lines = [key, *entries]
        else:
            lines = [f"{key.ljust(width)}  {_as_text(value)}".rstrip()]
        print_lines(*lines)


def _as_text(value: Any) -> str:
    """Return a value in words: ``a, b`` of a list, ``lr=0.1, model.width=16`` of a dict."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name}={text}" for name, text in _settings(value))
    if isinstance(value, list | tuple):
        between = "; " if any(isinstance(each, dict) for each in value) else ", "
        return between.join(map(_as_text, value))
    return value if isinstance(value, str) else json.dumps(value)


def _settings(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield names and values as ``--set`` takes them: those of a dict below its name and a dot."""
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _settings(value, f"{prefix}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield prefix + name, text


def print_table(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Print rows under upper-case headings, each column as wide as its widest cell.

    On a terminal, lines are cut at its width; in a file or a pipe, they are complete.
    """
    # Aligned with spaces, not rich's tables, because importing rich takes longer than `zoo list`.
    cells = [[shown(name.upper()) for name in columns]]
    cells += [[_format_cell(name, row[name]) for name in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    width = os.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for row in cells:
        line = "  ".join(map(str.ljust, row, widths)).rstrip()
        if len(line) > width:
            line = line[: width - 1] + "…"
        sys.stdout.write(line + "\n")


def _format_cell(column: str, value: Any) -> str:
    # Escaped before the widths are computed, because an escape is wider than its character.
    return shown(_FORMATS[column](value) if column in _FORMATS else _format_other(value))


def _format_other(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _format_offers(kinds: dict[str, list[str]]) -> str:
    return ", ".join(
        f"{len(names)} {kind if len(names) > 1 else singular(kind)}"
        for kind, names in kinds.items()
    )


def _format_scores(scores: dict[str, list[float]]) -> str:
    """Return ``99.12% / 98.74%`` for accuracies, and other metrics with their names."""
    return ", ".join(
        f"{'' if name == 'accuracy' else f'{name} '}"
        + " / ".join(format_metric(name, value) for value in heads)
        for name, heads in scores.items()
    )


def _format_target(target: dict[str, Any]) -> str:
    many = target.get("size") or len(target.get("classes", ()))
    return f"{many} classes" if target["task"] == "classification" else target["task"]


_FORMATS: dict[str, Callable[[Any], str]] = {
    "offers": _format_offers,
    "sizes": lambda sizes: ", ".join(f"{split} {size:,}" for split, size in sizes.items()),
    "shape": lambda shape: "×".join(map(str, shape)),
    "accuracy": lambda heads: _format_scores({"accuracy": heads}),
    "score": _format_scores,
    "input": lambda spec: f"{spec['kind']} {'×'.join(map(str, spec['shape']))}",
    "targets": lambda targets: ", ".join(map(_format_target, targets)),
    "parameters": lambda count: "" if count is None else f"{count:,}",
}
"""Format of a column's values in a table, for columns that need one."""
