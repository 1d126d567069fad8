"""Kinds of a table's columns: numbers, categories, and others, which a model cannot use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import types

from zoo_core.plugin_api import DataError, join_names
from zoo_tables.address import Address
from zoo_tables.natural_order import is_number, natural_order


def is_numeric(kind: pa.DataType) -> bool:
    """Return whether a column of a type has numbers."""
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def has_words(kind: pa.DataType) -> bool:
    """Return whether a column of a type has words or booleans."""
    if types.is_dictionary(kind):
        return has_words(kind.value_type)
    return bool(types.is_boolean(kind) or types.is_string(kind) or types.is_large_string(kind))


def numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return the numbers of a column; missing ones are NaN."""
    array = column.cast(pa.float64()).combine_chunks()
    # Not `to_numpy` or `fill_null`, which import pandas where it is installed: half a second.
    cells = np.frombuffer(array.buffers()[1], np.float64, len(array), array.offset * 8)
    values: NDArray[np.float64] = cells + 0.0  # so that -0 is 0, whose bits differ
    if array.null_count:
        values[np.from_dlpack(array.is_null().cast(pa.uint8())) == 1] = np.nan
    return values


def categories(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Return the code of each cell, and the category of each code; a missing one is empty."""
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    words = column.cast(pa.string())
    words = words.fill_null("") if words.null_count else words
    encoded = words.combine_chunks().dictionary_encode()
    texts = [text.strip() for text in encoded.dictionary.to_pylist()]
    ordered = natural_order(set(texts))
    place = {text: code for code, text in enumerate(ordered)}
    codes = np.array([place[text] for text in texts], np.int64)
    return codes[np.from_dlpack(encoded.indices)], ordered


def check_columns(table: pa.Table, names: list[str], address: Address, path: Path) -> None:
    """Check that columns can be features.

    Raises:
        DataError: one has dates, lists or no values; the error names all of a kind.
    """
    if not names:
        raise DataError(f"{path} has no column beside the target", hint="Add columns to it.")
    faults: dict[str, list[str]] = {}
    for name in names:
        if fault := _fault(table.schema.field(name).type):
            faults.setdefault(fault, []).append(name)
    if not faults:
        return
    fault, some = next(iter(faults.items()))
    hint = f"Leave them out: {address.with_option('drop=' + ','.join(some))}"
    if fault == "dates or times":
        hint += "; or write numbers instead, such as the year, the month, or days since a day."
    raise DataError(f"{path} has {fault} in {join_names(some)}", hint=hint)


def _fault(kind: pa.DataType) -> str:
    """Return the reason against a column of a type; empty if it can be a feature."""
    if is_numeric(kind) or has_words(kind):
        return ""
    if types.is_null(kind):
        return "no values"
    if types.is_temporal(kind):
        return "dates or times"
    return f"values of type {kind}"


def check_categories(names: list[str], column: str, address: Address, path: Path) -> None:
    """Check that the words of a column are categories.

    Raises:
        DataError: there are too many, they are numbers with a few words, or they are all equal.
    """
    drop = f"leave the column out: {address.with_option(f'drop={column}')}"
    if len(names) > address.max_categories:
        more = address.with_option(f"max_categories={len(names)}")
        raise DataError(
            f"column {column!r} of {path} has {len(names):,} categories, such as "
            f"{join_names(names[:3])}; expected at most {address.max_categories}",
            hint=f"If it is text or an identifier, {drop}; or raise the limit: {more}",
        )
    words = [name for name in names if name and not is_number(name)]
    if words and 2 * len(words) < len(names) and column not in address.categorical:
        raise DataError(
            f"column {column!r} of {path} has numbers, and the words {join_names(words[:3])}",
            hint=f"If they mark missing numbers: {address.with_option(f'missing={words[0]}')}; if "
            f"all are categories: {address.with_option(f'categorical={column}')}",
        )
    if len(names) == 1:
        refuse_constant(column, names[0], address, path)


def refuse_constant(column: str, value: Any, address: Address, path: Path) -> None:
    """Raise the error for a column with one value."""
    raise DataError(
        f"column {column!r} of {path} has the same value in all rows: {value}",
        hint=f"Leave it out: {address.with_option(f'drop={column}')}",
    )
