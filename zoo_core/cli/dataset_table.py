"""The table of a data set: its images by class and split, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zoo_core.cli.info.layout import wrap
from zoo_core.cli.tables.table import cut
from zoo_core.data.example_record import SPLITS
from zoo_core.data.overview.faults import count_text
from zoo_core.data.overview.overview import Overview
from zoo_core.text import cell_width, shown

MAX_LINES, MAX_COLUMNS = 24, 100
"""Maximum size of the table, one screen."""

MIN_ROWS = 5
"""Minimum number of lines for classes, which notes and warnings leave free."""

MIN_NAME, MAX_NAME = 5, 40
"""Minimum and maximum columns for the names of classes."""


def overview_lines(overview: Overview, name: str, columns: int = MAX_COLUMNS) -> list[str]:
    """Return the overview of a data set as at most `MAX_LINES` lines.

    Args:
        overview: the overview.
        name: name of the data set.
        columns: maximum columns of a line.
    """
    tail = [line for text in _remarks(overview) for line in wrap(text, columns, hang=2)]
    rows = _rows(overview)
    # Title, heading and totals, at least some of the classes; then the remarks.
    room = MAX_LINES - 3 - min(MIN_ROWS, len(rows))
    if len(tail) > room:
        tail = [*tail[: room - 1], f"… {count_text(len(tail) - room + 1, 'more line')}: zoo info"]
    rows = _cut_middle(rows, MAX_LINES - 3 - len(tail))
    return [cut(f"Data: {shown(name)}", columns), *_aligned(overview, rows, columns), *tail]


def _rows(overview: Overview) -> list[list[str]]:
    several = len(overview.classes) > 1
    return [
        [f"{head}: {name}" if several else name, *(f"{number:,}" for number in numbers)]
        for head, (names, counts) in enumerate(
            zip(overview.classes, overview.counts, strict=True), 1
        )
        for name, numbers in zip(names, counts.tolist(), strict=True)
    ]


def _cut_middle(rows: list[list[str]], most: int) -> list[list[str]]:
    if len(rows) <= most:
        return rows
    first = most // 2
    last = most - 1 - first
    between = [f"… {len(rows) - most + 1:,} more classes"]
    return [*rows[:first], between, *rows[len(rows) - last :]]


def _aligned(overview: Overview, rows: Sequence[Sequence[str]], columns: int) -> Iterator[str]:
    table = [
        ["class", *SPLITS],
        *([shown(row[0]), *row[1:]] for row in rows),
        ["total", *(f"{number:,}" for number in overview.totals)],
    ]
    # As wide as in any other table of this kind, unless the terminal is narrow.
    needed = 1 + max(len(number) for row in table for number in row[1:])
    number_width = 12 if columns >= MAX_NAME + 12 * len(SPLITS) else needed
    most = max(MIN_NAME, min(MAX_NAME, columns - number_width * len(SPLITS)))
    width = min(most, max(cell_width(row[0]) for row in table))
    for name, *numbers in table:
        cells = "".join(number.rjust(number_width) for number in numbers)
        begun = cut(name, width) if numbers else name  # the number of classes left out
        yield f"{begun}{' ' * (width - cell_width(begun))}{cells}".rstrip()


def _remarks(overview: Overview) -> Iterator[str]:
    """Yield the sentences below the table."""
    facts = overview.facts
    yield from map(str, overview.numbers)
    yield f"Split: {overview.rules}"
    if facts.left_out:
        reasons = (f"{reason}: {number:,}" for reason, number in facts.left_out.items())
        yield f"Left out: {'; '.join(reasons)}"
    if facts.damaged and not any("damaged" in note for note in facts.notes):
        yield f"Damaged: {count_text(facts.damaged, 'image')} skipped"
    yield from facts.notes
    for kind, (low, high) in facts.pixel_ranges.items():
        yield f"Pixels: {low:g} to {high:g} of {kind} became 0 to 255"
    yield from (f"Warning: {warning}" for warning in overview.warnings)
