"""Batches of examples to predict, of any kind of input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from zoo_core.errors import DataError


@dataclass(frozen=True)
class InputBatch:
    """A batch of examples.

    Attributes:
        names: name of each example, such as its file.
        inputs: ``(N, *shape)``.
        cells: the example's own cells in a table, per example; empty for other files.
        errors: one error per example that cannot be read.
    """

    names: tuple[str, ...]
    inputs: NDArray[Any]
    cells: tuple[list[str], ...] = ()
    errors: tuple[DataError, ...] = ()

    def __len__(self) -> int:
        return len(self.names) + len(self.errors)


@dataclass(frozen=True)
class PredictionInputs:
    """The examples to predict.

    Attributes:
        count: number of examples; None if it is not known.
        batches: function that yields the examples.
        columns: names of the columns of `InputBatch.cells`; of other files, that of their names.
        errors: errors of paths that have no examples.
    """

    count: int | None
    batches: Callable[[], Iterator[InputBatch]]
    columns: tuple[str, ...] = ("file",)
    errors: tuple[DataError, ...] = ()
