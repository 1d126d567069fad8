"""Tables of text, and their HTML for notebooks.

Standard library only, because `zoo info` and notebooks must not wait for more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from zoo_core.text import shown

MAX_ROWS = 20
"""Maximum rows of a table in a notebook."""

MAX_CELL = 500
"""Maximum characters of a cell in a notebook."""

_PLAIN = 'class="tex2jax_ignore mathjax_ignore"'
"""Classes of elements in which notebooks typeset no formulas: a name may have dollar signs."""


class Table(NamedTuple):
    """A table of text: names of the columns, and rows of one cell per column."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def html_table(table: Table, total: int | None = None) -> str:
    """Return a table as HTML, with at most `MAX_ROWS` rows.

    Args:
        table: the table.
        total: number of rows, if the table has only the first of them.
    """
    # No colors, because notebooks have light and dark themes, whose tables are styled already.
    rows = table.rows[:MAX_ROWS]
    heading = f"<thead>{_row('th', table.columns)}</thead>" if any(table.columns) else ""
    body = "".join(_row("td", row) for row in rows)
    more = (len(table.rows) if total is None else total) - len(rows)
    note = f"<p>… and {more:,} more</p>" if more > 0 else ""
    return f"<table {_PLAIN}>{heading}<tbody>{body}</tbody></table>{note}"


def html_facts(facts: Iterable[tuple[str, str]]) -> str:
    """Return names and values as a table of two columns; facts without a value are left out."""
    rows = "".join(
        f"<tr>{_cell('th', name)}{_cell('td', value)}</tr>" for name, value in facts if value
    )
    return f"<table {_PLAIN}><tbody>{rows}</tbody></table>"


def html_title(text: str) -> str:
    """Return a title in bold, as HTML."""
    return f"<p {_PLAIN}><strong>{_escape(text)}</strong></p>"


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(_cell(tag, cell) for cell in cells)}</tr>"


def _cell(tag: str, text: str) -> str:
    return f'<{tag} style="text-align: left">{_escape(text)}</{tag}>'


def _escape(text: str) -> str:
    from html import escape  # for notebooks only, as `zoo info` has tables, too

    return escape(shown(text if len(text) <= MAX_CELL else f"{text[:MAX_CELL]}…"))
