"""Markdown as a forge shows it, changed for the site: lists, tables with code, long tables."""

from __future__ import annotations

import re

_SECTION = re.compile(r"^### (?P<title>[^\n]+)\n\n(?P<table>(?:\|[^\n]*\n)+)", re.MULTILINE)

_CODE = re.compile(r"(`+).+?\1")

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


def code_in_tables(markdown: str) -> str:
    r"""Return a page in whose tables the ``\|`` of inline code is ``|``.

    A forge needs the backslash, and Python-Markdown would show it.
    """
    lines = markdown.split("\n")
    return "\n".join(_CODE.sub(_unescaped, line) if line[:1] == "|" else line for line in lines)


def _unescaped(code: re.Match[str]) -> str:
    return code[0].replace("\\|", "|")


def deeper_lists(markdown: str) -> str:
    """Return a page whose list items of several paragraphs are as Python-Markdown needs them.

    They continue four columns to the right, not two, and an empty line ends their last paragraph.
    """
    lines: list[str] = []
    inside = fenced = long = False
    for line in markdown.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and line[:1].strip():
            lines += [""] * (inside and long)
            inside, long = line.startswith("- "), False
        elif not line:
            long = True
        lines.append(f"  {line}" if inside and not fenced and line.startswith("  ") else line)
    return "\n".join(lines)
