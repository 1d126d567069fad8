"""Batches of examples to predict, of any kind of input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from zoo_core.errors import DataError

if TYPE_CHECKING:
    from zoo_core.data.images.batches import FileBatch


@dataclass(frozen=True)
class InputBatch:
    """A batch of examples.

    Attributes:
        names: name of each example, such as its file.
        inputs: ``(N, *shape)``.
        cells: the example's own cells in a table, per example; empty for other files.
        images: image file of each example, with the places of what was found in it; None for
            other kinds of input.
        errors: one error per example that cannot be read.
    """

    names: tuple[str, ...]
    inputs: NDArray[Any]
    cells: tuple[list[str], ...] = ()
    images: FileBatch | None = None
    errors: tuple[DataError, ...] = ()

    @property
    def n_sources(self) -> int:
        """Number of files, rows or texts that the batch was made of."""
        return len(self.images) if self.images else len(self.names) + len(self.errors)


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
