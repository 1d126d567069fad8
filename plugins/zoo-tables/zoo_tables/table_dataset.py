"""A table as a data set: its features, targets, identities and splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zoo_core import InputSpec, Split, TargetSpec
from zoo_core.plugin_api import (
    DatasetContent,
    Examples,
    InvalidValueError,
    ReadingFacts,
    choose_from,
    join_names,
)
from zoo_tables.address import Address
from zoo_tables.features import encode_features
from zoo_tables.files import RowPlaces, Where
from zoo_tables.identity import identify
from zoo_tables.splits import (
    Rows,
    check_classes,
    check_groups,
    describe_repeated,
    split_by_cells,
    split_by_hash,
)
from zoo_tables.targets import TargetReader

Heads = Sequence[tuple[TargetSpec, NDArray[Any]]]


def make_content(
    table: pa.Table, address: Address, path: Path, where: RowPlaces, tested: int = 0
) -> DatasetContent:
    """Return the data set of a table.

    Args:
        table: the table.
        address: its address, with the roles of its columns.
        path: its file, for errors.
        where: place of each row, for errors.
        tested: number of test rows, the last ones of the table; 0 if they have to be chosen.

    Raises:
        DataError: columns or rows do not fit.
        InvalidValueError: the address names a column that the table lacks.
    """
    names = feature_names(table, address, path)
    features = encode_features(table, names, address, path)
    heads = TargetReader(table, address, path, where).read()
    examples = identify(table, [*names, *address.targets], address, where)
    examples = replace(examples, rows=tuple(map(where.number, range(table.num_rows))))
    rows, rule = _split(table, examples, heads, address, path, where=where, tested=tested)
    check_classes(rows, {target.name: (target.classes, codes) for target, codes in _classes(heads)})
    if address.group:
        check_groups(rows, examples, path)
    notes = (*features.notes(), *_left_out(table, address), *describe_repeated(rows, examples))
    shape = (features.values.shape[1],)
    return DatasetContent(
        {
            name: [
                Split(
                    features.values[some],
                    tuple(values[some] for _, values in heads),
                    examples=examples.select(some),
                )
            ]
            for name, some in rows.items()
        },
        InputSpec(kind="features", shape=shape, columns=features.columns),
        tuple(target for target, _ in heads),
        facts=lambda: ReadingFacts(split_rule=rule, notes=notes),
        origin=address.name,
    )


def feature_names(table: pa.Table, address: Address, path: Path) -> list[str]:
    """Return the columns that are features: those without another role, and with a name.

    Raises:
        InvalidValueError: the address names a column that the table lacks.
    """
    roles = [*address.targets, *address.drop, address.key, address.group, address.split]
    for name in filter(None, (*roles, *address.categorical)):
        if name not in table.column_names:
            raise InvalidValueError(
                f"{path} has no column {name!r}, which {address.name} names",
                hint=choose_from(name, table.column_names),
            )
    return [name for name in _named(table) if name not in roles]


def _named(table: pa.Table) -> list[str]:
    return [name for place, name in enumerate(table.column_names, 1) if name != f"column {place}"]


def _left_out(table: pa.Table, address: Address) -> tuple[str, ...]:
    nameless = [name for name in table.column_names if name not in _named(table)]
    names = [*address.drop, *(f"{name}, which has no name" for name in nameless)]
    return (f"Left out: {join_names(names)}.",) if names else ()


def _classes(heads: Heads) -> Heads:
    return [(target, values) for target, values in heads if target.task == "classification"]


def _split(
    table: pa.Table,
    examples: Examples,
    heads: Heads,
    address: Address,
    path: Path,
    *,
    where: Where,
    tested: int,
) -> tuple[Rows, str]:
    """Return the rows of each split, and the rule as a sentence."""
    if tested:
        every = np.arange(table.num_rows)
        rule = f"The rows of {address.test} test."
        return {"train": every[:-tested], "test": every[-tested:]}, rule
    if address.split:
        cells = [cell or "" for cell in table.column(address.split).to_pylist()]
        rule = f"The column {address.split} names the splits."
        return split_by_cells(cells, address.split, path, where), rule
    assert examples.groups is not None
    of_head = [values.tolist() for _, values in _classes(heads)]
    rows = split_by_hash(examples.groups, list(zip(*of_head, strict=True)) or None, path)
    identity = "group" if address.group else "key" if address.key else "cells"
    return rows, f"A fifth of the rows tests, by the sha256 of their {identity}."
