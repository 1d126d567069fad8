"""Identities of a table's rows: keys, and groups whose rows stay in one split."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zoo_core.plugin_api import DataError, Examples, content_digests
from zoo_tables.address import Address
from zoo_tables.columns import categories, is_numeric, numbers
from zoo_tables.files import Where


def identify(table: pa.Table, names: Sequence[str], address: Address, where: Where) -> Examples:
    """Return the identities of all rows.

    Args:
        table: the table.
        names: columns that identify a row without a key: features and targets.
        address: address of the table, which may name columns of keys and groups.
        where: function from a row's number to its place, for errors.

    Raises:
        DataError: a key is missing or not unique, or a group is missing.
    """
    if address.key:
        keys = _texts(table, address.key, where)
        _check_unique(keys, address.key, where)
        groups = keys
    else:
        groups = row_hashes(table, names)
        keys = _numbered(groups)
    if address.group:
        groups = _texts(table, address.group, where)
    return Examples(tuple(keys), tuple(groups))


def row_hashes(table: pa.Table, names: Sequence[str]) -> list[str]:
    """Return a hash of the cells of each row; the order of the columns does not matter."""
    columns = [_cell_bits(table.column(name)) for name in sorted(names)]
    return content_digests(np.ascontiguousarray(np.stack(columns).T))


def _cell_bits(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Return 64 bits of each cell, which are equal for equal cells."""
    if is_numeric(column.type):
        values = numbers(column)
        values[np.isnan(values)] = np.nan  # NaN has many forms of bits
        return values.view(np.uint64)
    codes, texts = categories(column)
    # Hashes of the words and not their codes, which new rows may change.
    hashes = [hashlib.sha256(text.encode()).digest()[:8] for text in texts]
    return np.array([int.from_bytes(each, "big") for each in hashes], np.uint64)[codes]


def _numbered(hashes: Sequence[str]) -> list[str]:
    """Return unique keys: the second row with a hash gets ``-2``, and so on."""
    if len(set(hashes)) == len(hashes):
        return [*hashes]
    seen: dict[str, int] = {}
    keys = []
    for each in hashes:
        count = seen[each] = seen.get(each, 0) + 1
        keys.append(each if count == 1 else f"{each}-{count}")
    return keys


def _texts(table: pa.Table, name: str, where: Where) -> list[str]:
    cells = table.column(name).cast(pa.string()).to_pylist()
    texts = [(cell or "").strip() for cell in cells]
    if "" in texts:
        raise DataError(f"{where(texts.index(''))} has no {name!r}")
    return texts


def _check_unique(keys: Sequence[str], name: str, where: Where) -> None:
    seen: dict[str, int] = {}
    for row, key in enumerate(keys):
        if (first := seen.setdefault(key, row)) != row:
            raise DataError(
                f"{where(first)} and {where(row)} have the same key {key!r} in column {name!r}",
                hint="For several rows per key, use group=COLUMN instead of key=COLUMN.",
            )
