"""The table of timm's models, ``models.tsv``, which `make_table` makes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zoo_torch.families.table import Row, Table, read_table

PATH = Path(__file__).with_name("models.tsv")


@dataclass(frozen=True)
class TimmRow(Row):
    """A model of timm. Every column is text; an empty one means that there is no value.

    Attributes:
        family: the module of timm that it is in.
        parameters: that it has for ten classes of 28×28 gray pixels; a number.
        hub: where its weights are on the Hugging Face hub.
        sizes: of images that it accepts, see `zoo_torch.families.sizes`.
        small_sizes: likewise, with a small stem.
        stem: the convolutions that have stride 1 in a small stem; their paths, separated by commas.
        pool: the max-pooling that a small stem lacks; its path.
        problem: why it cannot be built.
    """

    family: str
    parameters: str = ""
    hub: str = ""
    sizes: str = ""
    small_sizes: str = ""
    stem: str = ""
    pool: str = ""
    problem: str = ""


@cache
def table() -> Table[TimmRow]:
    """Return the table that comes with zoo-timm."""
    return read_table(PATH, TimmRow)
