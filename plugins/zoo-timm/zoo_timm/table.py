"""The table of timm's models, ``models.tsv``, which `make_table` writes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zoo_torch.families.table import Row, Table, read_table

PATH = Path(__file__).with_name("models.tsv")


@dataclass(frozen=True)
class TimmRow(Row):
    """A model of timm. Every column is text, and an empty cell means that there is no value.

    Attributes:
        family: module of timm that defines the model.
        parameters: number of parameters for ten classes and gray images of 28×28 pixels.
        hub: repository of its weights on the Hugging Face Hub.
        sizes: image sizes that it accepts, see `zoo_torch.families.sizes`.
        small_sizes: image sizes that it accepts with a small stem.
        stem: paths of the convolutions that get stride 1 in a small stem, separated by commas.
        pool: path of the max-pooling that a small stem omits.
        problem: reason why zoo cannot train it.
    """

    # Text even for numbers, because a model with a problem has none of them.

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
    """Return the table that is packaged with zoo-timm."""
    return read_table(PATH, TimmRow)
