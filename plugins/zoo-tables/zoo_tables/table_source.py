"""The sources ``csv`` and ``parquet``: a user's table as a data set."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from zoo_core import ArrayDataset, DatasetSpec
from zoo_core.plugin_api import (
    DataError,
    DatasetContent,
    encodable,
    join_names,
    load_or_create,
)
from zoo_tables import read_csv, read_parquet
from zoo_tables.address import Address, parse_address
from zoo_tables.files import RowPlaces, find_beside, find_file, read_bytes
from zoo_tables.table_dataset import make_content

FORMAT = 2
"""Version of the stored copies; increase it to read every table again."""

UNKNOWN_LICENSE = "LicenseRef-unknown"
"""SPDX identifier of an unknown license."""


def describe_csv(address: str) -> DatasetSpec:
    """Return the spec of a CSV file, such as ``houses.csv?target=price``.

    Raises:
        DataError: the file does not exist, or is not a table that a model can be trained on.
        InvalidValueError: an option is invalid.
    """
    return _describe(parse_address("csv", address), "zoo_tables.table_source:load_csv")


def describe_parquet(address: str) -> DatasetSpec:
    """Return the spec of a Parquet file; see `describe_csv`."""
    return _describe(parse_address("parquet", address), "zoo_tables.table_source:load_parquet")


def load_csv(address: str) -> ArrayDataset:
    """Return the data set of a CSV file; see `describe_csv`."""
    return load_table(parse_address("csv", address))


def load_parquet(address: str) -> ArrayDataset:
    """Return the data set of a Parquet file; see `describe_csv`."""
    return load_table(parse_address("parquet", address))


def load_table(address: Address) -> ArrayDataset:
    """Return the data set of a table: its stored copy, which is written at the first use.

    Raises:
        DataError: the file is not a table that a model can be trained on.
        InvalidValueError: the address names a column that the table lacks.
    """
    path = find_file(address.place)
    content = read_bytes(path)
    test_path = find_beside(path, address.test) if address.test else None
    test = read_bytes(test_path) if test_path else b""
    # A copy belongs to contents and options, not to a path: a moved file has the same copy.
    options = {key: value for key, value in asdict(address).items() if key not in _PLACES}
    digests = [hashlib.sha256(each).hexdigest() for each in (content, test)]
    facts = json.dumps([FORMAT, address.source, options, digests])
    key = hashlib.sha256(facts.encode()).hexdigest()[:32]
    words = re.findall("[a-z0-9]+", path.stem.lower())  # for people who look into the folder

    def make() -> DatasetContent:
        table = _read(content, address, path)
        first, train_rows = FIRST_ROWS[address.source], table.num_rows
        if test_path:
            others = _read_test(test, address, test_path, table)
            # Permissive, because whole numbers in one file may be fractions in the other one.
            table = pa.concat_tables([table, others], promote_options="permissive")
        where = RowPlaces(first, path, train_rows, test_path)
        return make_content(table, address, path, where, table.num_rows - train_rows)

    return load_or_create("-".join([address.source, *words])[:60], key, make)


_PLACES = ("source", "text", "place", "test")

FIRST_ROWS = {"csv": read_csv.FIRST_ROW, "parquet": read_parquet.FIRST_ROW}
"""Format -> number of the first row in errors."""


def _read(content: bytes, address: Address, path: Path) -> pa.Table:
    """Return the table of a file, with columns of names and classes as text."""
    by_word = [*address.categorical, address.key, address.group, address.split]
    tasks = address.tasks * (len(address.targets) if len(address.tasks) == 1 else 1)
    by_word += [
        name
        for name, task in zip(address.targets, tasks, strict=False)
        if task in ("classification", "multi-label")
    ]
    # As text, because 01 and 1 are two keys, and so that a class has the name in the file.
    return _parse(content, address, path, {name: pa.string() for name in by_word if name})


def _read_test(content: bytes, address: Address, path: Path, train: pa.Table) -> pa.Table:
    """Return the table of test rows, with the columns of the training rows and their types."""
    # A whole number may be a fraction in the other file.
    types = {
        field.name: pa.float64() if pa.types.is_integer(field.type) else field.type
        for field in train.schema
    }
    table = _parse(content, address, path, types)
    if missing := [name for name in train.column_names if name not in table.column_names]:
        raise DataError(
            f"{path} has no column {join_names(missing)}, expected those of the training rows"
        )
    return table.select(train.column_names)


def _parse(
    content: bytes, address: Address, path: Path, types: Mapping[str, pa.DataType]
) -> pa.Table:
    if address.source == "parquet":
        return read_parquet.read_parquet(content, path, types)
    return read_csv.read_csv(
        content, path, delimiter=address.delimiter, missing=address.missing, types=types
    )


def _describe(address: Address, loader: str) -> DatasetSpec:
    dataset = load_table(address)
    path = find_file(address.place)
    # Links are kept, and `Path.absolute` keeps "..".
    place = address.at(os.path.abspath(path))  # noqa: PTH100
    sizes = {name: len(split) for name, split in dataset.splits.items()}
    targets = [target.name or join_names(target.classes) for target in dataset.targets]
    return DatasetSpec(
        name=address.name,
        summary=f"{sum(sizes.values()):,} rows, {len(dataset.input_spec.columns)} columns; "
        f"target: {'; '.join(targets)}.",
        loader=loader,
        input=dataset.input_spec,
        targets=dataset.targets,
        sizes=sizes,
        sha256=dataset.sha256(),
        license=UNKNOWN_LICENSE,
        # A path may have bytes that are not UTF-8, which cannot be stored.
        source=encodable(f"the table {path.absolute()}"),
        address=address.text,
        place=place if place == encodable(place) else "",
    )
