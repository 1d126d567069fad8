"""Layout of a page for people: text, facts, tables and commands, wrapped to the terminal's width.

Nothing is cut, and nothing depends on color or drawing. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from zoo_core.system.terminal import print_lines, terminal_size
from zoo_core.table import Table
from zoo_core.text import cell_width, shown

MAX_WIDTH = 100
"""Maximum columns of a page, because longer lines are hard to read."""

MIN_WIDTH = 20
"""Minimum columns of a page; narrower terminals wrap its lines themselves."""

NARROW = 56
"""Columns below which each fact begins at the left and a table is a list."""

MAX_WORD = 24
"""Maximum columns that a word demands of a table's column; longer words are broken."""


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str

    def lines(self, width: int) -> Iterator[str]:
        return wrap(self.text, width)


@dataclass(frozen=True)
class Pairs:
    """Names and values; facts without a value are left out."""

    facts: Sequence[tuple[str, str]]

    def lines(self, width: int) -> Iterator[str]:
        facts = [(name, value) for name, value in self.facts if value]
        names = max((cell_width(shown(name)) for name, _ in facts), default=0)
        for name, value in facts:
            if width < NARROW or names > width // 2:
                yield from wrap(f"{name}: {value}", width, hang=2)
            else:
                begun = _pad(shown(name), names) + "  "
                for line in wrap(value, width - names - 2):
                    yield begun + line
                    begun = " " * (names + 2)


@dataclass(frozen=True)
class Grid:
    """A table, whose empty columns are left out; a list of its rows where it does not fit.

    Attributes:
        table: the table.
        numbers: names of the columns that are aligned at the right.
    """

    table: Table
    numbers: frozenset[str] = field(default=frozenset())

    def lines(self, width: int) -> Iterator[str]:
        names, rows = self._texts()
        cells = [[name.upper() for name in names], *rows]
        widths = _fit(cells, width)
        if not widths:
            yield from self._list(names, rows, width)
            return
        right = [name in self.numbers for name in names]
        for row in cells:
            yield from _row(row, widths, right)

    def _texts(self) -> tuple[list[str], list[list[str]]]:
        rows = [[shown(cell) for cell in row] for row in self.table.rows]
        kept = [i for i in range(len(self.table.columns)) if any(row[i] for row in rows)]
        names = [shown(self.table.columns[i]) for i in kept]
        return names, [[row[i] for i in kept] for row in rows]

    @staticmethod
    def _list(names: list[str], rows: list[list[str]], width: int) -> Iterator[str]:
        for first, *cells in rows:
            yield from wrap(first, width)
            for name, cell in zip(names[1:], cells, strict=True):
                if cell:
                    yield from (f"  {line}" for line in wrap(f"{name}: {cell}", width - 2, hang=2))


@dataclass(frozen=True)
class Commands:
    """Commands to paste, each with its purpose; a command is never wrapped."""

    commands: Sequence[tuple[str, str]]

    def lines(self, width: int) -> Iterator[str]:
        column = max(cell_width(command) for command, _ in self.commands) + 3
        beside = all(column + 2 + cell_width(purpose) <= width for _, purpose in self.commands)
        for command, purpose in self.commands:
            if beside:
                yield f"{_pad(command, column)}# {purpose}"
            else:
                yield from wrap(f"# {purpose}", width, hang=2)
                yield command


Block = Text | Pairs | Grid | Commands


@dataclass(frozen=True)
class Section:
    """A part of a page: its title, and its blocks."""

    title: str
    blocks: Sequence[Block]

    def lines(self, width: int) -> Iterator[str]:
        lines = [f"  {line}" for block in self.blocks for line in block.lines(width - 2)]
        if lines:
            yield from ["", *wrap(self.title, width), *lines]


@dataclass(frozen=True)
class Page:
    """A page: its title, a summary, and sections; those without content are left out."""

    title: str
    summary: str
    sections: Sequence[Section]

    def print(self, inserted: Callable[[], None] | None = None) -> None:
        """Print the page on standard output, as wide as the terminal.

        Args:
            inserted: prints what comes before the last section, which has the next commands.
        """
        width = page_width()
        _print(self._beginning(width))
        if inserted:
            inserted()
        for section in self.sections[-1:]:
            _print(section.lines(width))

    def _beginning(self, width: int) -> Iterator[str]:
        """Yield the lines of the title, the summary, and all sections but the last."""
        yield from wrap(self.title, width)
        yield from wrap(self.summary, width)
        for section in self.sections[:-1]:
            yield from section.lines(width)


def page_width() -> int:
    """Return the columns of a page on standard output."""
    size = terminal_size()
    return max(MIN_WIDTH, min(size[0], MAX_WIDTH)) if size else MAX_WIDTH


def _print(lines: Iterable[str]) -> None:
    print_lines(*(line.rstrip() for line in lines))


def wrap(text: str, width: int, *, hang: int = 0) -> Iterator[str]:
    """Yield text as lines of at most some columns.

    Args:
        text: the text, whose control characters become escapes.
        width: the columns, at least 1.
        hang: spaces before all lines but the first.
    """
    # Not `textwrap`, which counts characters: some take two columns, and some none.
    line = ""
    for word in shown(text).split():
        longer = f"{line} {word}" if line else word
        if cell_width(longer) > width and line:
            yield line
            longer = " " * hang + word
        while cell_width(longer) > width:
            head = _head(longer, width)
            yield head
            longer = " " * hang + longer[len(head) :]
        line = longer
    if line:
        yield line


def _head(text: str, width: int) -> str:
    """Return the longest beginning of text that fits some columns, at least one character."""
    length = len(text)
    while length > 1 and cell_width(text[:length]) > width:
        length -= 1
    return text[:length]


def _fit(cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the widths of columns that together fit; empty if no narrower ones do."""
    columns = list(zip(*cells, strict=True))
    widths = [max(map(cell_width, column)) for column in columns]
    words = [[word for cell in column for word in cell.split()] for column in columns]
    least = [min(MAX_WORD, max(map(cell_width, each), default=0)) for each in words]
    excess = sum(widths) + 2 * (len(widths) - 1) - width
    while excess > 0:
        # One column less of the widest one that can be narrower.
        room = [have if have > need else 0 for have, need in zip(widths, least, strict=True)]
        if not any(room):
            return []
        widths[room.index(max(room))] -= 1
        excess -= 1
    return [] if width < NARROW and len(widths) > 2 else widths


def _row(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    wrapped = [[*wrap(cell, width)] for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, wrapped))):
        parts = [lines[number] if number < len(lines) else "" for lines in wrapped]
        yield "  ".join(_pad(*part) for part in zip(parts, widths, right, strict=True))


def _pad(text: str, width: int, right: bool = False) -> str:
    space = " " * (width - cell_width(text))
    return space + text if right else text + space


def join(texts: Iterable[str], between: str = ", ") -> str:
    """Return the texts that are not empty, joined."""
    return between.join(filter(None, texts))
