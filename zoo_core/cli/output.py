"""Output of commands: one JSON object, a table, or facts.

Standard library only, because `zoo list` prints with it: see `zoo_core.plugins.index`.
"""

from __future__ import annotations

import json
import os
import sys

from zoo_core.errors import singular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def print_json(report: dict[str, Any]) -> None:
    """Print a report as one JSON object on standard output, with the schema's number first."""
    sys.stdout.write(json.dumps({"schema": 1, **report}) + "\n")


def print_facts(facts: dict[str, Any]) -> None:
    """Print names and values on a line each; the entries of a dict are indented below its name."""
    width = max(map(len, facts))
    for key, value in facts.items():
        if isinstance(value, dict) and value:
            lines = [key, *(f"  {name}: {_printable(item)}" for name, item in value.items())]
        else:
            lines = [f"{key.ljust(width)}  {_printable(value)}".rstrip()]
        sys.stdout.write("\n".join(lines) + "\n")


def _printable(value: Any) -> str:
    # Values come from plugins and downloaded cards, and may hold escape sequences that a terminal
    # would obey: JSON escapes them.
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)


def print_table(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Print rows under upper-case headings, each column as wide as its widest cell.

    On a terminal, lines are cut at its width; in a file or a pipe, they are complete.
    """
    # Aligned with spaces, not rich's tables, because importing rich takes longer than `zoo list`.
    cells = [[name.upper() for name in columns]]
    cells += [[_format_cell(name, row[name]) for name in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    width = os.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for row in cells:
        line = "  ".join(map(str.ljust, row, widths)).rstrip()
        if len(line) > width:
            line = line[: width - 1] + "…"
        sys.stdout.write(line + "\n")


def _format_cell(column: str, value: Any) -> str:
    if column in _FORMATS:
        return _FORMATS[column](value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _format_offers(kinds: dict[str, list[str]]) -> str:
    return ", ".join(
        f"{len(names)} {kind if len(names) > 1 else singular(kind)}"
        for kind, names in kinds.items()
    )


_FORMATS: dict[str, Callable[[Any], str]] = {
    "offers": _format_offers,
    "sizes": lambda sizes: ", ".join(f"{split} {size:,}" for split, size in sizes.items()),
    "shape": lambda shape: "×".join(map(str, shape)),
    "accuracy": lambda heads: " / ".join(f"{share:.2%}" for share in heads),
    "parameters": lambda count: "" if count is None else f"{count:,}",
}
"""Format of a column's values in a table, for columns that need one."""
