"""Rows of tables in files: CSV with a header, and JSON lines."""

from __future__ import annotations

import csv
import itertools
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.errors import DataError, join_names
from zoo_core.text import counted

JSON_SUFFIXES = (".jsonl", ".ndjson")

DELIMITERS = ",;\t|"

STANDARD_INPUT = "-"

Row = tuple[int, list[Any]]
"""Number of a row, from 1 with the header, and its cells in the order of the columns."""


@dataclass(frozen=True)
class RowFile:
    """A file of rows.

    Attributes:
        name: name of the file, for errors.
        columns: names of its columns.
        rows: function that yields the rows, once; a row that cannot be parsed is an error instead.
    """

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Row | DataError]]


def open_rows(path: Path, *, named: bool = True) -> RowFile:
    """Return the rows of a file: JSON lines by its suffix or first character, else CSV.

    Args:
        path: the file; ``-`` is standard input.
        named: whether the names of the columns matter; else a CSV file may lack them.

    Raises:
        DataError: the file cannot be read, or has no header.
    """
    name = "standard input" if str(path) == STANDARD_INPUT else str(path)
    lines = _lines(path, name)
    first = next((line for line in lines if line.strip()), "")
    second = next(lines, "")
    lines = itertools.chain([first, second], lines)
    if path.suffix.lower() in JSON_SUFFIXES or first.lstrip().startswith("{"):
        return _json_file(lines, name)
    mark = max(DELIMITERS, key=lambda each: _fit(first, second, each))
    return _csv_file(csv.reader(lines, delimiter=mark, strict=True), name, named=named)


def record_rows(records: Iterable[Mapping[str, Any]], name: str) -> RowFile:
    """Return records, such as dictionaries, as rows; their columns are those of the first one."""
    every = iter(records)
    first = next(every, None)
    if first is None:
        raise DataError(f"{name} has no rows")
    columns = tuple(map(str, first))

    def rows() -> Iterator[Row]:
        for number, record in enumerate(itertools.chain([first], every), 1):
            yield number, [record.get(column) for column in columns]

    return RowFile(name, columns, rows)


def _lines(path: Path, name: str) -> Iterator[str]:
    """Yield the lines of a file, which is closed after the last one."""
    try:
        # "utf-8-sig", because spreadsheets write a byte order mark.
        if str(path) == STANDARD_INPUT:
            file = open(sys.stdin.fileno(), encoding="utf-8-sig", newline="", closefd=False)  # noqa: SIM115
        else:
            file = path.open(encoding="utf-8-sig", newline="")
        with file:
            yield from file
    except UnicodeDecodeError as exc:
        raise DataError(f"{name} is not UTF-8", hint="Save it in UTF-8.") from exc
    except OSError as exc:
        raise DataError(f"{name} cannot be read: {exc.strerror}") from exc


def _csv_file(reader: Iterator[list[str]], name: str, *, named: bool) -> RowFile:
    header = _next_cells(reader, name) or []
    columns = tuple(cell.strip() for cell in header)
    first_row: list[list[str]] = []
    if not named and all(map(_is_number, columns)):
        first_row, columns = [header], tuple(str(place) for place in range(1, 1 + len(header)))
    if not columns:
        raise DataError(f"{name} is empty", hint="Write a header, and one line per row below it.")
    if twice := [each for each, number in Counter(columns).items() if number > 1 and each]:
        raise DataError(
            f"{name} has several columns {join_names(twice)}", hint="Rename all but one."
        )

    def rows() -> Iterator[Row | DataError]:
        number = 1 - len(first_row)
        while (cells := first_row.pop() if first_row else _next_cells(reader, name)) is not None:
            number += 1
            if not cells:  # a blank line
                continue
            if len(cells) != len(columns):
                yield DataError(
                    f"{name}, row {number}: expected {counted(len(columns), 'cell')} as in the "
                    f"header, got {len(cells)}",
                    hint="Quote cells that contain the delimiter.",
                )
            else:
                yield number, cells

    return RowFile(name, columns, rows)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _next_cells(reader: Iterator[list[str]], name: str) -> list[str] | None:
    """Return the cells of the next row; None at the end."""
    try:
        return next(reader, None)
    except csv.Error as exc:
        raise DataError(f"{name} is not CSV: {exc}") from exc


def _fit(header: str, row: str, delimiter: str) -> tuple[bool, int]:
    """Return whether two lines have equally many cells, and their number."""
    counts = [len(next(csv.reader([line], delimiter=delimiter), [])) for line in (header, row)]
    return counts[0] == counts[1] > 1, counts[0]


def _json_file(lines: Iterator[str], name: str) -> RowFile:
    objects = _objects(lines, name)
    first = next(objects, None)
    if first is None:
        raise DataError(f"{name} is empty", hint="Write one JSON object per line.")
    if isinstance(first, DataError):
        raise first
    columns = tuple(first[1])

    def rows() -> Iterator[Row | DataError]:
        for each in itertools.chain([first], objects):
            if isinstance(each, DataError):
                yield each
            else:
                yield each[0], [each[1].get(column) for column in columns]

    return RowFile(name, columns, rows)


def _objects(lines: Iterator[str], name: str) -> Iterator[tuple[int, dict[str, Any]] | DataError]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as exc:
            yield DataError(f"{name}, row {number}: not JSON: {exc}")
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            yield DataError(f"{name}, row {number}: expected a JSON object, such as {{...}}")
