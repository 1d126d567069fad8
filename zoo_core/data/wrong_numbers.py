"""Numbers of inputs that are missing or infinite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import InputSpec, feature_name
from zoo_core.text import counted

if TYPE_CHECKING:  # loading weights by name needs no data set
    from zoo_core.data.dataset import ArrayDataset


@dataclass(frozen=True)
class WrongNumber:
    """The first number of inputs that is missing or infinite.

    Attributes:
        row: its example.
        place: its place in the example, in words.
        value: the number.
        count: how many there are.
    """

    row: int
    place: str
    value: float
    count: int


def first_wrong_number(inputs: NDArray[Any], spec: InputSpec, *, fill: bool) -> WrongNumber | None:
    """Return the first number that is infinite, or missing and not to `fill`; None for none."""
    wrong = np.isinf(inputs) if fill else ~np.isfinite(inputs)
    if not wrong.any():
        return None
    place = tuple(map(int, np.unravel_index(int(wrong.argmax()), wrong.shape)))
    one_axis = len(place) == 2  # (example, feature)
    where = feature_name(spec, place[1]) if one_axis else f"index {[*place[1:]]}"
    return WrongNumber(place[0], where, float(inputs[place]), int(wrong.sum()))


def check_numbers(dataset: ArrayDataset, name: str, *, fill: bool) -> None:
    """Check that the numbers of a split are finite, or missing ones that are filled.

    Raises:
        DataError: one is not.
    """
    split = dataset.splits[name]
    if split.inputs.dtype.kind != "f":
        return
    if found := first_wrong_number(split.inputs, dataset.input_spec, fill=fill):
        are = "is" if found.count == 1 else "are"
        first = "" if found.count == 1 else "the first "
        # An example's name, because its row in a file is not kept.
        raise DataError(
            f"{counted(found.count, 'input')} of split {name!r} {are} missing or infinite, "
            f"{first}in {split.name_of(found.row)}, {found.place}: {found.value}",
            hint=""
            if fill
            else "Fill missing ones with the mean of the training rows: --set missing=mean",
        )
