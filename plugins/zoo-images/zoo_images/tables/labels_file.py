"""Files with labels: CSV with a header, or JSON lines, one image per row."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from zoo_core.plugin_api import DataError, InvalidValueError, choose_from, join_names
from zoo_images.address import Address

JSON_SUFFIXES = (".jsonl", ".ndjson")
"""Suffixes of files of JSON lines, in lower case; all others are CSV."""

GUESSES = {
    "path": ("path", "file", "filename", "image"),
    "label": ("label", "class", "target"),
}
"""Option -> names of columns that are used without it, in lower case."""

OPTIONS = ("path", "label", "group", "split")
"""Names of the options that name a column."""

DELIMITERS = ",;\t"


class Row(NamedTuple):
    """An image of a file with labels.

    Attributes:
        number: number of its row, from 1; the header is a row, too.
        path: path of the image as it is written there.
        label: name of its class.
        group: its group; empty without a column of groups.
        split: name of its split; empty without a column of splits.
    """

    number: int
    path: str
    label: str
    group: str
    split: str


Record = tuple[int, Mapping[str, object]]
"""Number of a row, and its values by column."""


def read_labels(path: Path, address: Address) -> list[Row]:
    """Return the rows of a file with labels.

    Args:
        path: the file.
        address: address of the data set, with the names of the columns.

    Raises:
        DataError: the file cannot be read or parsed, or a row has no value in a column.
        InvalidValueError: the address names a column that the file does not have.
    """
    try:
        # "utf-8-sig", because spreadsheets write a byte order mark. All at once, and without
        # translated line breaks, because a path may contain one.
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise DataError(f"{path} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise DataError(
            f"{path} is not UTF-8, at byte {exc.start:,}", hint="Save it as CSV in UTF-8."
        ) from exc
    is_json = path.suffix.lower() in JSON_SUFFIXES
    header, records = _parse_json(text, path) if is_json else _parse_csv(text, path)
    columns = _columns(header, address)
    rows = [_row(number, values, columns, path) for number, values in records]
    if not rows:
        raise DataError(f"{path} has no rows", hint="Write one image per row, below a header.")
    return rows


def _parse_csv(text: str, path: Path) -> tuple[Sequence[str], Iterator[Record]]:
    """Return the header and the rows of CSV; the delimiter is the one that gives most columns."""
    delimiter = max(DELIMITERS, key=lambda mark: len(_csv_header(text, mark)))
    header = [name.strip() for name in _csv_header(text, delimiter)]

    def records() -> Iterator[Record]:
        rows = _split_csv(text, delimiter, path)
        next(rows, None)
        for number, values in rows:
            if len(values) != len(header):
                raise DataError(
                    f"row {number} of {path} has {len(values)} columns, expected {len(header)} as "
                    "in the header",
                    hint="Quote values that contain the delimiter.",
                )
            yield number, dict(zip(header, values, strict=True))

    return header, records()


def _csv_header(text: str, delimiter: str) -> list[str]:
    with contextlib.suppress(DataError):  # quotes are invalid with another delimiter
        for _, values in _split_csv(text, delimiter, Path()):
            return values
    return []


def _split_csv(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of CSV by their numbers, without blank ones."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, values in enumerate(reader, 1):
            if values:
                yield number, values
    except csv.Error as exc:
        raise DataError(f"row {number + 1} of {path} is not CSV: {exc}") from exc


def _parse_json(text: str, path: Path) -> tuple[Sequence[str], Iterator[Record]]:
    """Return the keys of the first row, and the rows of JSON lines."""
    # Not `str.splitlines`, which splits at line breaks that JSON allows in texts.
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]

    def parse(number: int, line: str) -> Record:
        try:
            values = json.loads(line, object_pairs_hook=_object)
        except (ValueError, RecursionError) as exc:
            raise DataError(f"row {number} of {path} is not JSON: {exc}") from exc
        if not isinstance(values, dict):
            raise DataError(f"row {number} of {path} is not a JSON object, such as {{...}}")
        return number, values

    header = [*parse(*lines[0])[1]] if lines else []
    return header, (parse(*line) for line in lines)


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = [*pairs]
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = [key for key, number in Counter(key for key, _ in pairs).items() if number > 1]
        raise ValueError(f"{join_names(twice)} is in it twice")
    return values


def _columns(header: Sequence[str], address: Address) -> Mapping[str, str]:
    """Return the column of each option."""
    if twice := [name for name, number in Counter(header).items() if number > 1 and name]:
        raise DataError(
            f"{address.place} has several columns {join_names(twice)}", hint="Rename all but one."
        )
    columns = {}
    for option in OPTIONS:
        given = address.options.get(option)
        if given is not None and given not in header:
            raise InvalidValueError(
                f"{address.place} has no column {given!r}, the {option} of {address.name}",
                hint=choose_from(given, header),
            )
        if given is not None:
            columns[option] = given
        elif option in GUESSES:
            columns[option] = _guess(option, header, address)
    return columns


def _guess(option: str, header: Sequence[str], address: Address) -> str:
    known = GUESSES[option]
    likely = [name for name in header if name.lower() in known]
    if len(likely) == 1:
        return likely[0]
    several = f"several columns for the {option}: {join_names(likely)}"
    none = f"no column {join_names(known)} for the {option}; its columns: {join_names(header)}"
    choice = likely[0] if likely else "COLUMN"
    raise DataError(
        f"{address.place} has {several if likely else none}",
        hint=f"Name the column: {address.with_option(f'{option}={choice}')}",
    )


def _row(number: int, values: Mapping[str, object], columns: Mapping[str, str], path: Path) -> Row:
    def value(option: str) -> str:
        if option not in columns:
            return ""
        found = values.get(columns[option])
        # A path keeps its spaces, which a file name may have.
        text = _text(found) if option == "path" else _text(found).strip()
        if not text:
            raise DataError(f"row {number} of {path} has no {columns[option]!r}: {found!r}")
        return text

    return Row(number, *(value(option) for option in OPTIONS))


def _text(value: object) -> str:
    """Return a value as text; empty if it is not text or a number."""
    is_scalar = isinstance(value, str | int | float)
    return str(value) if is_scalar else ""
