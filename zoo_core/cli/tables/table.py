"""Tables for terminals, pipes and files: columns that fit the width.

Standard library only, because `zoo list` prints with it: see `zoo_core.plugins.index`.
"""

from __future__ import annotations

import sys

from zoo_core.cli.tables.cells import format_cell
from zoo_core.system.terminal import ellipsis, print_lines, terminal_size
from zoo_core.text import cell_width, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

GAP = "  "
"""Space between two columns."""

LEAST = {"name": 24, "summary": 20, "task": 17, "reason": 20, "offers": 20, "address": 20}
"""Minimum widths of columns that may be shortened; others are printed whole or not at all."""

NAMES = 0.6
"""Maximum share of the screen that names may take to be printed whole."""

LISTS = {"task", "offers"}
"""Columns of lists, which are shortened by whole items."""

RIGHT = {"best", "score"}
"""Columns of numbers with further text, which are right-aligned as numbers are."""


def print_table(
    columns: Sequence[str], rows: Sequence[dict[str, Any]], *, optional: Sequence[str] = ()
) -> None:
    """Print rows under upper-case headings; see `table_lines`."""
    print_lines(*table_lines(columns, rows, optional=optional))


def table_lines(
    columns: Sequence[str], rows: Sequence[dict[str, Any]], *, optional: Sequence[str] = ()
) -> list[str]:
    """Return the lines of a table: a heading, and one line per row.

    A column without any value is left out, and numbers are right-aligned. On a terminal, columns
    are left out or shortened until the lines fit; in a file or a pipe, the lines are complete.

    Args:
        columns: names of the columns, keys of the rows.
        rows: the rows.
        optional: columns that may be left out, the least important first.
    """
    # Aligned with spaces, not rich's tables, because importing rich takes longer than `zoo list`.
    cells = {name: [format_cell(name, row[name]) for row in rows] for name in columns}
    cells = {name: texts for name, texts in cells.items() if any(texts) or not rows}
    titles = {name: shown(name.upper()) for name in cells}
    size = terminal_size()
    available = size[0] if size else sys.maxsize
    natural = {name: max(map(cell_width, [titles[name], *texts])) for name, texts in cells.items()}
    widths = fit(natural, available, optional)
    aligned = [align([titles[name], *cells[name]], width, name) for name, width in widths.items()]
    return [cut(GAP.join(line).rstrip(), available) for line in zip(*aligned, strict=True)]


def fit(natural: dict[str, int], available: int, optional: Sequence[str]) -> dict[str, int]:
    """Return the columns that fit into the available width, each with its own width.

    Args:
        natural: column -> width of its widest cell.
        available: width of the screen.
        optional: columns that may be left out, the least important first.
    """
    widths = {name: min(width, LEAST.get(name, width)) for name, width in natural.items()}
    if "name" in natural and natural["name"] <= available * NAMES:
        widths["name"] = natural["name"]
    for name in optional:
        if _total(widths) <= available:
            break
        widths.pop(name, None)
    rest = max(available - _total(widths), 0)
    # Those that need the least first, so that one long text shortens its own column only.
    for name in sorted(widths, key=lambda name: natural[name] - widths[name]):
        more = min(natural[name] - widths[name], rest)
        widths[name] += more
        rest -= more
    return widths


def _total(widths: dict[str, int]) -> int:
    return sum(widths.values()) + len(GAP) * (len(widths) - 1)


def align(texts: Sequence[str], width: int, name: str) -> list[str]:
    """Return the cells of a column, the heading first, each of the same width."""
    right = name in RIGHT or all(map(_is_number, filter(None, texts[1:])))
    return [_pad(text, width, name, right=right) for text in texts]


def _pad(text: str, width: int, name: str, *, right: bool) -> str:
    space = width - cell_width(text)
    if space < 0:
        return _pad(_shorten(text, width, name), width, name, right=right)
    return " " * space + text if right else text + " " * space


def _is_number(text: str) -> bool:
    try:
        float(text.rstrip("%KMBT").replace(",", ""))
    except ValueError:
        return False
    return True


def _shorten(text: str, width: int, name: str) -> str:
    if name in LISTS:
        while cell_width(f"{text}, {ellipsis()}") > width and ", " in text:
            text = text.rpartition(", ")[0]
        text = f"{text}, {ellipsis()}"
    return cut(text, width, middle=name == "name")


def cut(text: str, width: int, *, middle: bool = False) -> str:
    """Return text that is at most some columns wide, with an ellipsis in the place of what is cut.

    Args:
        text: the text.
        width: maximum width.
        middle: whether to keep the end, because names often differ there.
    """
    if cell_width(text) <= width:
        return text
    mark = ellipsis()
    keep = max(width - len(mark), 0)
    end = _last_cells(text, keep // 2) if middle else ""
    return _first_cells(text, keep - cell_width(end)) + mark[:width] + end


def _first_cells(text: str, width: int) -> str:
    text = text[:width]  # no character is narrower than a column, but those that combine
    while cell_width(text) > width:
        text = text[:-1]
    return text


def _last_cells(text: str, width: int) -> str:
    text = text[len(text) - width :]
    while cell_width(text) > width:
        text = text[1:]
    return text
