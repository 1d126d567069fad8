"""Splits of a table's rows: given by a column or a file, or by a hash of each row's identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import DataError, Examples, held_out_rows, join_names
from zoo_tables.files import Where

NAMES = {
    "train": ("train", "training", ""),
    "validation": ("validation", "valid", "val"),
    "test": ("test", "testing"),
}
"""Cells of a column of splits, in lower case."""

TEST_SHARE = 0.2
"""Share of the rows that is used for testing if no others are given."""

Rows = dict[str, NDArray[np.int64]]


def split_by_hash(
    groups: Sequence[str], classes: Sequence[tuple[int, ...]] | None, path: Path
) -> Rows:
    """Return the rows of ``train`` and ``test``, by a hash of each row's group alone.

    Raises:
        DataError: there are too few groups.
    """
    if (found := len(set(groups))) < 3:  # because at least one of three becomes a test row
        raise DataError(f"expected at least 3 different rows in {path}, got {found}")
    tested = held_out_rows(groups, TEST_SHARE, "test", classes)
    return {"train": np.flatnonzero(~tested), "test": np.flatnonzero(tested)}


def split_by_cells(cells: Sequence[str], column: str, path: Path, where: Where) -> Rows:
    """Return the rows of each split that a column names.

    Raises:
        DataError: a cell is not a split, or a split is missing.
    """
    split_of = {name: split for split, names in NAMES.items() for name in names}
    found: dict[str, list[int]] = {}
    for row, cell in enumerate(cells):
        split = split_of.get(cell.strip().lower())
        if split is None:
            raise DataError(
                f"{where(row)} has the unknown split {cell!r} in column {column!r}",
                hint="Use train, validation and test.",
            )
        found.setdefault(split, []).append(row)
    # A model is then selected on held-out training rows, so its test score is of unseen rows.
    if "test" not in found and "validation" in found:
        found["test"] = found.pop("validation")
    if missing := [name for name in ("train", "test") if name not in found]:
        raise DataError(f"{path} has no rows of the split {missing[0]} in {column!r}")
    return {split: np.array(found[split], np.int64) for split in NAMES if split in found}


def check_groups(rows: Rows, examples: Examples, path: Path) -> None:
    """Check that the rows of each group are in one split.

    Raises:
        DataError: a group is in two splits.
    """
    of_group: dict[str, str] = {}
    for split, some in rows.items():
        for group in examples.select(some).groups or ():
            other = of_group.setdefault(group, split)
            if other != split:
                raise DataError(
                    f"the group {group!r} of {path} has rows in {other} and in {split}",
                    hint="Move its rows into one split, or name no column of groups.",
                )


def describe_repeated(rows: Rows, examples: Examples) -> tuple[str, ...]:
    """Return a sentence about test rows that are also training rows, or nothing."""
    if len(set(examples.groups or ())) == len(examples.keys):
        return ()  # no row is repeated
    groups = {split: examples.select(some).groups or () for split, some in rows.items()}
    trained = {group for split, some in groups.items() if split != "test" for group in some}
    count = sum(group in trained for group in groups["test"])
    if not count:
        return ()
    return (f"{count:,} test row{' is' if count == 1 else 's are'} also among the training rows.",)


def check_classes(
    rows: Rows, targets: Mapping[str, tuple[Sequence[str], NDArray[np.int64]]]
) -> None:
    """Check that every class has training rows.

    Args:
        rows: rows of each split.
        targets: target -> names of its classes, and the class of each row.

    Raises:
        DataError: a class has none.
    """
    for name, (classes, codes) in targets.items():
        present = np.bincount(codes[rows["train"]], minlength=len(classes)) > 0
        if not present.all():
            lost = [classes[each] for each in np.flatnonzero(~present).tolist()]
            raise DataError(
                f"no training row has the {'class' if len(lost) == 1 else 'classes'} "
                f"{join_names(lost[:5])} of the target {name!r}",
                hint="Add rows of it, or remove those that it has.",
            )
