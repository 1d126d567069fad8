"""The table of torchvision's models, ``models.tsv``, which `make_table` makes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zoo_torch.families.sizes import Sizes
from zoo_torch.families.table import Row, Table, read_table

PATH = Path(__file__).with_name("models.tsv")


@dataclass(frozen=True)
class TorchvisionRow(Row):
    """A model of torchvision.

    Attributes:
        parameters: number that it has for ten classes of 28×28 gray pixels.
        weights: the pretrained weights that torchvision has by default.
        least: the smallest side of an image that it accepts, in pixels.
        step: larger sides are multiples of it.
        square: 1 where height and width have to be equal, else 0.
        small: the smallest side with a small stem; 0 where there is no such stem.
    """

    parameters: int
    weights: str
    least: int
    step: int
    square: int
    small: int

    def sizes(self, *, small: bool) -> Sizes:
        """Return the image sizes that the model accepts, with a small stem or without."""
        if small:
            return Sizes(self.small, 1, bool(self.square))
        return Sizes(self.least, self.step, bool(self.square))


@cache
def table() -> Table[TorchvisionRow]:
    """Return the table that comes with zoo-torchvision."""
    return read_table(PATH, TorchvisionRow)
