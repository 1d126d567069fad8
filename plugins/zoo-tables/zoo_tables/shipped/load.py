"""Loaders of the data sets in this package, which need no network."""

from __future__ import annotations

import gzip
import io
from importlib.resources import files
from pathlib import Path

import numpy as np

from zoo_core import ArrayDataset, Split, class_targets
from zoo_core.plugin_api import Examples, content_digests, held_out_rows
from zoo_tables.address import Address
from zoo_tables.files import RowPlaces
from zoo_tables.read_csv import FIRST_ROW, read_csv
from zoo_tables.splits import TEST_SHARE
from zoo_tables.table_dataset import make_content


def load_diabetes() -> ArrayDataset:
    """Return the diabetes data: the progress of the disease within a year."""
    return _load_table("diabetes", "progression")


def load_wine() -> ArrayDataset:
    """Return the wine data: the cultivar of the grapes."""
    return _load_table("wine", "cultivar")


def load_breast_cancer() -> ArrayDataset:
    """Return the breast cancer data: whether a tumor is malignant."""
    return _load_table("breast-cancer", "diagnosis")


def load_digits() -> ArrayDataset:
    """Return the digits as images ``(N, 1, 8, 8)``, whose 17 levels become 0 to 255."""
    cells = np.loadtxt(io.BytesIO(_content("digits-8x8")), np.int64, delimiter=",", skiprows=1)
    levels, labels = cells[:, :-1], np.ascontiguousarray(cells[:, -1])
    images = np.rint(levels * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
    hashes = content_digests(images)
    examples = Examples(tuple(f"row {row}" for row in range(len(hashes))), tuple(hashes))
    tested = held_out_rows(hashes, TEST_SHARE, "test", labels.tolist())
    return ArrayDataset(
        {
            name: Split(images[rows], (labels[rows],), examples=examples.select(rows))
            for name, rows in (("train", np.flatnonzero(~tested)), ("test", np.flatnonzero(tested)))
        },
        class_targets(tuple(map(str, range(10)))),
        # Of the training images, rounded.
        mean=(0.3053,),
        std=(0.376,),
    )


def _load_table(name: str, target: str) -> ArrayDataset:
    path = Path(f"{name}.csv")
    address = Address("csv", f"{path}?target={target}", str(path), targets=(target,))
    table = read_csv(_content(name), path)
    made = make_content(table, address, path, RowPlaces(FIRST_ROW, path, table.num_rows))
    splits = {name: split for name, parts in made.splits.items() for split in parts}
    return ArrayDataset(splits, made.targets, input=made.input)


def _content(name: str) -> bytes:
    return gzip.decompress(files(__package__).joinpath("data", f"{name}.csv.gz").read_bytes())
