"""The table of torchvision's models, ``models.tsv``, which `make_table` writes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zoo_torch.families.table import Row, Table, read_table

PATH = Path(__file__).with_name("models.tsv")


@dataclass(frozen=True)
class TorchvisionRow(Row):
    """A model of torchvision.

    Attributes:
        parameters: number of parameters for ten classes and gray images of 28×28 pixels.
        sizes: image sizes that it accepts, see `zoo_torch.families.sizes`.
        small_sizes: image sizes that it accepts with a small stem; empty if it has no such stem.
    """

    parameters: int
    sizes: str
    small_sizes: str


@cache
def table() -> Table[TorchvisionRow]:
    """Return the table that is packaged with zoo-torchvision."""
    return read_table(PATH, TorchvisionRow)
