"""Markdown of generated pages: tables, links and code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence


def cell(text: object) -> str:
    """Return the text of a table's cell: one line, without the separators of columns."""
    # Not `split()`, which would also replace spaces at which a line must not end.
    return re.sub(r"[ \t\n]+", " ", str(text)).strip().replace("|", "\\|")


def plain(text: object) -> str:
    """Return text in which no character is markup of Markdown or HTML."""
    escaped = "".join(f"\\{each}" if each in "\\`*_[]" else each for each in str(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;")


def code(text: object) -> str:
    """Return text as inline code."""
    text = str(text)
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def table(
    columns: Sequence[str], rows: Iterable[Iterable[object]], *, right: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the lines of a table; the columns in `right` are aligned to the right."""
    yield f"| {' | '.join(columns)} |"
    yield f"| {' | '.join('---:' if column in right else '---' for column in columns)} |"
    for row in rows:
        yield f"| {' | '.join(map(cell, row))} |"


def block(text: str, language: str = "") -> Iterator[str]:
    """Yield the lines of a code block."""
    yield f"```{language}"
    yield from text.strip("\n").split("\n")
    yield "```"


def page(*parts: str | Iterable[str]) -> str:
    """Return a page of parts, with an empty line between them; a part is a text or lines."""
    texts = (part if isinstance(part, str) else "\n".join(part) for part in parts)
    return "\n\n".join(text for text in texts if text) + "\n"
