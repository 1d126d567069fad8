"""Long generated tables of a page, folded on the site so that the text around them is found."""

from __future__ import annotations

import re

_SECTION = re.compile(r"^### (?P<title>[^\n]+)\n\n(?P<table>(?:\|[^\n]*\n)+)", re.MULTILINE)

LONG = 8
"""Minimum number of lines of a table that is folded."""


def folded_tables(markdown: str) -> str:
    """Return a page whose sections of one long table each are collapsed blocks.

    Only sections of the third level that consist of a table are folded.
    """

    def fold(section: re.Match[str]) -> str:
        lines = section["table"].splitlines()
        if len(lines) < LONG:
            return section[0]
        inner = "".join(f"    {line}\n" for line in lines)
        return f'??? abstract "{section["title"]}: {len(lines) - 2} files"\n\n{inner}'

    return _SECTION.sub(fold, markdown)
