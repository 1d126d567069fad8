"""Reading of an image: the inputs for a model that a data set's reader found in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """A rectangle in an image: its first row and column, and those after its last ones."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Found:
    """An input for a model, found in an image.

    Attributes:
        image: uint8 ``(C, H, W)`` of the data set's shape.
        boxes: place of each part of it, such as a digit, in the image that was read.
        doubt: reason to refuse a prediction for it, such as ``cut at the edge``; empty for none.
    """

    image: NDArray[np.uint8]
    boxes: tuple[Box, ...] = ()
    doubt: str = ""


@dataclass(frozen=True)
class Reading:
    """The inputs that a reader found in an image, in reading order.

    Attributes:
        found: the inputs.
        refusal: reason for no inputs at all, such as ``no writing found``.
    """

    found: tuple[Found, ...]
    refusal: str = ""

    def __post_init__(self) -> None:
        if bool(self.found) == bool(self.refusal):
            raise ValueError(
                "Reading: expected inputs, or the reason for none at all, got "
                f"{len(self.found)} inputs and the reason {self.refusal!r}"
            )


def as_reading(result: Reading | NDArray[np.uint8]) -> Reading:
    """Return the result of a reader as a reading: an array is its only input."""
    return result if isinstance(result, Reading) else Reading((Found(result),))
