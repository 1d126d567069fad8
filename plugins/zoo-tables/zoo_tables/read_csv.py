"""CSV files as Arrow tables, with types that follow from all of their rows."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Mapping
from itertools import islice
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow_csv

from zoo_core.plugin_api import MISSING_NUMBERS, DataError, join_names

DELIMITERS = ",;\t|"

FIRST_ROW = 2
"""Number of the first row below the header, as spreadsheets count."""

_MAX_ROW = 1 << 20
"""Maximum bytes of a row, Arrow's own default."""


def read_csv(
    content: bytes,
    path: Path,
    *,
    delimiter: str = "",
    missing: Collection[str] = (),
    types: Mapping[str, pa.DataType] | None = None,
) -> pa.Table:
    """Return the table of a CSV file with a header.

    Columns are numbers, dates or, if a cell is neither, text.

    Args:
        content: the file's content, in UTF-8.
        path: the file, for errors.
        delimiter: character between cells; empty to take the one that gives most columns.
        missing: further markers of missing numbers.
        types: types of columns that do not follow from their cells.

    Raises:
        DataError: the content is not a table.
    """
    cells, mark = _parse_header(content[:_MAX_ROW], path, delimiter)
    names = _column_names(cells, path)
    known = types or {}
    # Column types have the names of the file: a space may surround them there.
    given = {cell: known[name] for cell, name in zip(cells, names, strict=True) if name in known}
    options = arrow_csv.ConvertOptions(
        null_values=[*MISSING_NUMBERS, *missing],
        # Words, not booleans, so that categories have the text of the file.
        true_values=[],
        false_values=[],
        column_types=given,
    )
    # Only with quotes can a cell have a line break, and without them parsing is parallel.
    parse = arrow_csv.ParseOptions(delimiter=mark, newlines_in_values=b'"' in content)
    table = _parse(content, path, parse, options).rename_columns(names)
    if not table.num_rows:
        raise DataError(f"{path} has no rows below its header", hint="Write one line per row.")
    _check_text(table, path)
    return table


def _parse(
    content: bytes,
    path: Path,
    parse: arrow_csv.ParseOptions,
    options: arrow_csv.ConvertOptions,
    *,
    threads: bool = True,
) -> pa.Table:
    read = arrow_csv.ReadOptions(use_threads=threads, block_size=_MAX_ROW)
    try:
        return arrow_csv.read_csv(pa.BufferReader(content), read, parse, options)
    except pa.ArrowInvalid as exc:
        # Again, because only a single thread counts the rows for its error.
        if threads and "Expected" in str(exc):
            return _parse(content, path, parse, options, threads=False)
        raise _as_error(str(exc), path) from exc
    except UnicodeDecodeError as exc:  # in the header
        raise _not_utf8(f"{path}") from exc


def _as_error(message: str, path: Path) -> DataError:
    if found := re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)", message):
        where = f"row {found[1]} of {path}" if found[1] else f"a row of {path}"
        return DataError(
            f"{where} has {found[3]} cells, expected {found[2]} as in the header",
            hint="Quote cells that contain the delimiter, or name it with delimiter=CHARACTER.",
        )
    if "invalid UTF8" in message:
        return _not_utf8(f"{path}")
    if found := re.search(r"conversion error to (\w+): invalid value '(.*)'", message, re.DOTALL):
        return DataError(
            f"{path} has the cell {found[2]!r} in a column of type {found[1]}",
            hint="Write the same kind of value in every row of a column.",
        )
    return DataError(f"{path} cannot be parsed as CSV: {message}")


def _not_utf8(where: str) -> DataError:
    return DataError(f"{where} is not UTF-8", hint="Save it as CSV in UTF-8.")


def _parse_header(start: bytes, path: Path, delimiter: str) -> tuple[list[str], str]:
    """Return the cells of the header, and the delimiter."""
    # Without the end, where a character may be cut.
    line = start.removeprefix(b"\xef\xbb\xbf")
    try:
        text = line[: line.rfind(b"\n") + 1 or None].decode()
    except UnicodeDecodeError as exc:
        # Errors in rows are reported with their row and column later.
        text = line[: exc.start].decode()
        if "\n" not in text:
            raise _not_utf8(f"{path}") from exc
    mark = delimiter or max(DELIMITERS, key=lambda each: _fit(text, each))
    cells = next(iter(_first_rows(text, mark)), [])
    if cells and all(map(_is_number, cells)):
        raise DataError(
            f"{path} has no header: its first row has only numbers, {join_names(cells[:3])}",
            hint="Write a first line with the names of the columns.",
        )
    return cells, mark


def _column_names(cells: list[str], path: Path) -> list[str]:
    # A table of pandas begins with a column of row numbers, whose name is empty.
    names = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1)]
    if twice := [name for name, number in Counter(names).items() if number > 1]:
        raise DataError(
            f"{path} has several columns {join_names(twice)}", hint="Rename all but one."
        )
    return names


def _fit(text: str, delimiter: str) -> tuple[bool, int]:
    """Return whether two rows have equally many cells, and their number."""
    header, *others = [len(cells) for cells in _first_rows(text, delimiter)] or [0]
    return header > 1 and [header] == others, header


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the header and the first row."""
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [*islice((cells for cells in rows if cells), 2)]
    except csv.Error:  # quotes are invalid with another delimiter
        return []


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _check_text(table: pa.Table, path: Path) -> None:
    """Check that all text is UTF-8; Arrow takes any other text for bytes.

    Raises:
        DataError: a cell is not.
    """
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not pa.types.is_binary(column.type):
            continue
        for row, cell in enumerate(column.to_pylist(), FIRST_ROW):
            try:
                (cell or b"").decode()
            except UnicodeDecodeError as exc:
                raise _not_utf8(f"row {row}, column {name!r} of {path}") from exc
