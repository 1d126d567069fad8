"""Targets of a table: numbers, classes or labels from its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zoo_core import TargetSpec
from zoo_core.plugin_api import DataError, printable
from zoo_tables.address import Address
from zoo_tables.columns import categories, has_words, is_numeric, numbers
from zoo_tables.files import Where

_LABELS = {"0": 0, "false": 0, "1": 1, "true": 1}
"""Cell of a multi-label target, in lower case -> whether the row has the label."""


@dataclass(frozen=True)
class TargetReader:
    """Reads the targets of a table.

    Attributes:
        table: the table.
        address: its address.
        path: its file, for errors.
        where: function from a row's number to its place, for errors.
    """

    table: pa.Table
    address: Address
    path: Path
    where: Where

    def read(self) -> list[tuple[TargetSpec, NDArray[Any]]]:
        """Return the spec and the values of each head; the labels of `multi-label` are one head.

        Raises:
            DataError: a value is missing or does not fit the task, or all are equal.
        """
        tasks = self._tasks()
        labels = [name for name, task in tasks.items() if task == "multi-label"]
        heads: list[tuple[TargetSpec, NDArray[Any]]] = []
        for name, task in tasks.items():
            if task == "classification":
                heads.append(self._classes(name))
            elif task == "regression":
                heads.append(self._numbers(name))
            elif name == labels[0]:
                heads.append(self._labels(labels))
        return heads

    def _tasks(self) -> Mapping[str, str]:
        given = self.address.tasks
        if not given:
            return {name: self._default_task(name) for name in self.address.targets}
        if len(given) == 1:
            given *= len(self.address.targets)
        return dict(zip(self.address.targets, given, strict=True))

    def _default_task(self, name: str) -> str:
        kind = self.table.schema.field(name).type
        if is_numeric(kind):
            return "regression"
        if has_words(kind):
            return "classification"
        raise DataError(
            f"target {name!r} of {self.path} has values of type {kind}, expected numbers or words"
        )

    def _numbers(self, name: str) -> tuple[TargetSpec, NDArray[np.float32]]:
        cells = self.table.column(name)
        if not is_numeric(cells.type):
            task = self.address.with_option("task=classification")
            raise DataError(
                f"target {name!r} of {self.path} has words, expected numbers for regression",
                hint=f"For classes: {task}",
            )
        wide = numbers(cells)
        with np.errstate(over="ignore"):
            values = wide.astype(np.float32)
        self._refuse_where(np.isnan(wide), name, "no value")
        self._refuse_where(~np.isfinite(values), name, "an infinite value")
        if wide.min() == wide.max():
            self._refuse_constant(name, wide[0])
        return TargetSpec(task="regression", name=name, unit=self._unit(name)), values

    def _classes(self, name: str) -> tuple[TargetSpec, NDArray[np.int64]]:
        codes, texts = categories(self.table.column(name))
        if "" in texts:
            self._refuse_where(codes == texts.index(""), name, "no value")
        if len(texts) == 1:
            self._refuse_constant(name, texts[0])
        if len(texts) > self.address.max_categories:
            more = self.address.with_option(f"max_categories={len(texts)}")
            raise DataError(
                f"target {name!r} of {self.path} has {len(texts):,} classes, expected at most "
                f"{self.address.max_categories}",
                hint=f"For numbers, task=regression; or raise the limit: {more}",
            )
        for text in texts:
            if printable(text) != text:
                raise DataError(
                    f"target {name!r} of {self.path} has a class with control characters: "
                    f"{printable(text)}"
                )
        return TargetSpec(task="classification", name=name, classes=tuple(texts)), codes

    def _labels(self, names: list[str]) -> tuple[TargetSpec, NDArray[np.uint8]]:
        columns = []
        for name in names:
            codes, texts = categories(self.table.column(name))
            known = np.array([_LABELS.get(text.lower(), 2) for text in texts], np.uint8)
            self._refuse_where(known[codes] == 2, name, "neither 0 nor 1")
            columns.append(known[codes])
        return TargetSpec(task="multi-label", classes=tuple(names)), np.stack(columns, axis=1)

    def _unit(self, name: str) -> str:
        units = self.address.units
        if not units:
            return ""
        return units[self.address.targets.index(name) if len(units) > 1 else 0]

    def _refuse_where(self, wrong: NDArray[np.bool_], name: str, fault: str) -> None:
        if wrong.any():
            number = int(wrong.sum())
            more = f" (and {number - 1:,} more)" if number > 1 else ""
            raise DataError(
                f"{self.where(int(wrong.argmax()))}{more} has {fault} in the target {name!r}",
                hint="Complete or remove such rows.",
            )

    def _refuse_constant(self, name: str, value: object) -> NoReturn:
        raise DataError(
            f"target {name!r} of {self.path} has the same value in all rows: {value}",
            hint="Name another column to predict.",
        )
