"""Inputs of `zoo predict` from the rows of tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.cli.prediction.batch import InputBatch, PredictionInputs
from zoo_core.data.tables.row_encoder import RowEncoder
from zoo_core.data.tables.rows import Row, RowFile, open_rows, record_rows
from zoo_core.errors import DataError
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import InputSpec
from zoo_core.pretrained.model import Pretrained

ROWS_PER_BATCH = 1024
"""Number of a table's rows that are predicted at once."""


def find_rows(catalog: Catalog, pretrained: Pretrained, paths: Sequence[Path]) -> PredictionInputs:
    """Return the rows of tables as examples.

    Raises:
        DataError: a file cannot be read, or lacks a column.
    """
    files = [_open_rows(catalog, path, pretrained.input) for path in paths]
    fills = bool(pretrained.normalization.fill)
    # All before the first prediction, because a missing column is a fault of every row.
    encoders = [
        RowEncoder(pretrained.input, each.columns, each.name, fills=fills) for each in files
    ]
    several = len(files) > 1
    for file in files[1:]:
        if file.columns != files[0].columns:
            raise DataError(
                f"{file.name} has other columns than {files[0].name}",
                hint="Predict such files one by one.",
            )

    def batches() -> Iterator[InputBatch]:
        for file, encoder in zip(files, encoders, strict=True):
            rows = file.rows()
            while some := [*islice(rows, ROWS_PER_BATCH)]:
                yield _encode(some, encoder, f"{file.name} " if several else "")

    def _encode(rows: Sequence[Row | DataError], encoder: RowEncoder, file: str) -> InputBatch:
        names, cells, values, errors = [], [], [], []
        for row in rows:
            try:
                if isinstance(row, DataError):
                    raise row
                values.append(encoder.encode(*row))
            except DataError as exc:
                errors.append(exc)
                continue
            names.append(f"{file}row {row[0]}")
            cells.append([*([file.strip()] if several else []), *map(_cell_text, row[1])])
        inputs = np.array(values, pretrained.input.dtype)
        return InputBatch(tuple(names), inputs, tuple(cells), errors=tuple(errors))

    columns = (*(["file"] if several else []), *files[0].columns)
    return PredictionInputs(None, batches, columns)


def _open_rows(catalog: Catalog, path: Path, spec: InputSpec) -> RowFile:
    suffix = path.suffix.lower().removeprefix(".")
    source = catalog.entries("sources").get(suffix)
    if source is not None and source.spec.rows:
        if not path.is_file():
            raise DataError(f"there is no file {path}")
        return record_rows(source.resolve(source.spec.rows)(path), str(path))
    if suffix == "parquet":
        raise DataError(
            f"{path} cannot be read: Parquet needs a plugin",
            hint="Install it: pip install zoo-tables; or write the rows as CSV or JSON lines.",
        )
    return open_rows(path, named=bool(spec.columns))


def _cell_text(cell: Any) -> str:
    """Return a cell as text, as CSV has it."""
    if isinstance(cell, str):
        return cell
    return "" if cell is None else json.dumps(cell, default=str)
