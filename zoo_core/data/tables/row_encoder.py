"""Encoding of a table's rows as features, with the columns and categories of a training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from zoo_core.errors import DataError, did_you_mean, join_names
from zoo_core.plugins.data_specs import Column, InputSpec
from zoo_core.text import counted

MISSING_NUMBERS = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None")
"""Cells that are missing numbers; in a column of categories they are categories."""


class RowEncoder:
    """An encoder of rows with some columns, by name, as the features of a model.

    Args:
        spec: the model's input.
        columns: columns of the rows.
        name: name of the rows' file, for errors.
        fills: whether the model fills missing numbers.

    Raises:
        DataError: a column of the model is missing.
    """

    def __init__(self, spec: InputSpec, columns: Sequence[str], name: str, *, fills: bool) -> None:
        self._name, self._size, self._fills = name, spec.shape[0], fills
        place = {column: number for number, column in enumerate(columns)}
        if missing := [each.name for each in spec.columns if each.name not in place]:
            others = [column for column in columns if column]
            near = did_you_mean(missing[0], others)
            raise DataError(
                f"{name} has no column {join_names(missing)}, which the model was trained with",
                hint=f"{near} It has the columns: {join_names(others)}.".strip(),
            )
        self._cells = [(place[each.name], each, self._encoder(each)) for each in spec.columns]

    def encode(self, number: int, cells: Sequence[Any]) -> list[float]:
        """Return the features of a row.

        Raises:
            DataError: a cell is not a number or a known category.
        """
        if not self._cells:
            return self._numbers(number, cells)
        features: list[float] = []
        for place, column, encode in self._cells:
            try:
                features += encode(cells[place])
            except ValueError as exc:
                raise DataError(
                    f"{self._name}, row {number}, column {column.name!r}: {exc}"
                ) from exc
        return features

    def _encoder(self, column: Column) -> Callable[[Any], list[float]]:
        return _category_encoder(column) if column.categories else self._number

    def _number(self, cell: Any) -> list[float]:
        if cell is None or (isinstance(cell, str) and cell.strip() in MISSING_NUMBERS):
            if not self._fills:
                raise ValueError(
                    "expected a number, got none; weights that fill missing numbers are trained "
                    "with --set missing=mean"
                )
            return [math.nan]
        return [_parse_number(cell)]

    def _numbers(self, number: int, cells: Sequence[Any]) -> list[float]:
        """Return the numbers of a row, in order, for a model without named columns."""
        found = []
        for cell in cells:
            try:
                found.append(_parse_number(cell))
            except ValueError:
                continue  # such as the name of an example
        if len(found) != self._size:
            raise DataError(
                f"{self._name}, row {number}: expected {counted(self._size, 'number')}, "
                f"got {len(found)}"
            )
        return found


def _parse_number(cell: Any) -> float:
    fits = isinstance(cell, str | int | float) and not isinstance(cell, bool)
    try:
        # Python's own digit separator is in no table.
        value = float(cell) if fits and "_" not in str(cell) else math.nan
    except (ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"expected a number, got {cell!r}")
    return value


def _category_encoder(column: Column) -> Callable[[Any], list[float]]:
    names = column.categories
    # In JSON a category may be true, 1 or 1.0, where the table of the training had text.
    keys = {key: code for code, name in reversed([*enumerate(names)]) for key in _keys(name)}
    rows = [[float(code == each) for each in range(len(names))] for code in range(len(names))]

    def encode(cell: Any) -> list[float]:
        text = "" if cell is None else str(cell).strip()
        code = next((keys[key] for key in _keys(text) if key in keys), None)
        if code is None:
            shown = join_names(name or "an empty cell" for name in names)
            raise ValueError(f"expected one of {shown}, got {text!r}")
        return rows[code]

    return encode


def _keys(text: str) -> list[str | float]:
    """Return the keys by which a category is found: its text, then its value."""
    if text.lower() in ("true", "false"):
        return [text, text.lower()]
    try:
        return [text, float(text)]
    except ValueError:
        return [text]
