"""Features of a table: one per column of numbers, and one per category of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zoo_core import Column
from zoo_core.plugin_api import join_names
from zoo_tables.address import Address
from zoo_tables.columns import (
    categories,
    check_categories,
    check_columns,
    is_numeric,
    numbers,
    refuse_constant,
)


@dataclass(frozen=True)
class Features:
    """Features of all rows.

    Attributes:
        columns: the columns, in the order of the file.
        values: float32 ``(N, F)``; missing numbers are NaN.
        missing: column of numbers -> number of missing ones, where there are any.
    """

    columns: tuple[Column, ...]
    values: NDArray[np.float32]
    missing: dict[str, int]

    def notes(self) -> tuple[str, ...]:
        """Return sentences about the columns, for people who look at the data."""
        words = [
            f"{each.name} ({len(each.categories)})" for each in self.columns if each.categories
        ]
        counted = [f"{name} ({number:,})" for name, number in self.missing.items()]
        count = len(self.columns) - len(words)
        numeric = f"{count} column{'' if count == 1 else 's'} of numbers"
        taken = f"; categories, with their number: {join_names(words)}" if words else ""
        hint = "fill them with --set missing=mean"
        return (
            f"Features: {numeric}{taken}.",
            *([f"Missing numbers: {join_names(counted)}; {hint}."] if counted else []),
        )


def encode_features(
    table: pa.Table, names: Sequence[str], address: Address, path: Path
) -> Features:
    """Return the features of columns.

    Raises:
        DataError: a column has dates, lists, no values, one value, or too many categories.
    """
    check_columns(table, [*names], address, path)
    columns: list[Column] = []
    # Two passes over the columns would encode words twice, so features are parts that are joined.
    parts: list[NDArray[np.float32]] = []
    missing: dict[str, int] = {}
    for name in names:
        cells = table.column(name)
        if is_numeric(cells.type):
            column, part, absent = _number_feature(cells, name, address, path)
            missing |= {name: absent} if absent else {}
        else:
            column, part = _category_features(cells, name, address, path)
        columns.append(column)
        parts.append(part)
    # (F, N) and then transposed, because writing columns of a (N, F) array one by one is slower.
    return Features(tuple(columns), np.ascontiguousarray(np.concatenate(parts).T), missing)


def _number_feature(
    cells: pa.ChunkedArray, name: str, address: Address, path: Path
) -> tuple[Column, NDArray[np.float32], int]:
    values = numbers(cells)
    absent = int(np.isnan(values).sum())
    known = values[~np.isnan(values)] if absent else values
    if not len(known) or known.min() == known.max():
        refuse_constant(name, "none" if absent == len(values) else values[0], address, path)
    with np.errstate(over="ignore"):  # infinities, which a training refuses by name
        return Column(name=name), values.astype(np.float32)[np.newaxis], absent


def _category_features(
    cells: pa.ChunkedArray, name: str, address: Address, path: Path
) -> tuple[Column, NDArray[np.float32]]:
    codes, texts = categories(cells)
    check_categories(texts, name, address, path)
    chosen = codes == np.arange(len(texts))[:, np.newaxis]
    return Column(name=name, categories=tuple(texts)), chosen.astype(np.float32)
