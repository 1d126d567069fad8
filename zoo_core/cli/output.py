"""Output of reporting commands: one JSON object, or a table."""

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


def print_table(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Print rows under upper-case headings, each column as wide as its widest cell.

    The last column is cut where a terminal ends; elsewhere nothing is cut.
    """
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
    if column in _WRITTEN:
        return _WRITTEN[column](value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _offers(kinds: dict[str, list[str]]) -> str:
    return ", ".join(
        f"{len(names)} {kind if len(names) > 1 else singular(kind)}"
        for kind, names in kinds.items()
    )


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "offers": _offers,
    "sizes": lambda sizes: ", ".join(f"{split} {size:,}" for split, size in sizes.items()),
    "shape": lambda shape: "×".join(map(str, shape)),
    "accuracy": lambda heads: " / ".join(f"{share:.2%}" for share in heads),
    "parameters": lambda count: "" if count is None else f"{count:,}",
}
"""How a table shows the values of some columns."""
