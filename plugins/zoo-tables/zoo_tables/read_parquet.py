"""Parquet files as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from zoo_core.plugin_api import DataError
from zoo_tables.files import check_memory, read_bytes

FIRST_ROW = 1
"""Number of the first row: a Parquet file has no header."""


def read_parquet(
    content: bytes, path: Path, types: Mapping[str, pa.DataType] | None = None
) -> pa.Table:
    """Return the table of a Parquet file.

    Args:
        content: the file's content.
        path: the file, for errors.
        types: types of columns that do not follow from the file.

    Raises:
        DataError: the content is not a table.
    """
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        facts = file.metadata
        size = sum(facts.row_group(each).total_byte_size for each in range(facts.num_row_groups))
        check_memory(path, size)
        table = file.read()
        for name, type_ in (types or {}).items():
            if name in table.column_names:
                place = table.column_names.index(name)
                table = table.set_column(place, name, table.column(place).cast(type_))
    except pa.ArrowException as exc:
        raise DataError(f"{path} cannot be read as Parquet: {exc}") from exc
    if not table.num_rows:
        raise DataError(f"{path} has no rows")
    return table


def iter_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a Parquet file by the names of their columns.

    Raises:
        DataError: the file cannot be read.
    """
    for batch in read_parquet(read_bytes(path), path).to_batches(max_chunksize=1024):
        yield from batch.to_pylist()
