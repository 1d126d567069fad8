"""Splits of a source: their names, and the choice of test images among training images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from zoo_core.plugin_api import DataError, held_out_rows, join_names
from zoo_images.decoding.image_sources import Pictures, SourceDataset

NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test", "testing"),
}
"""Names of each split, in lower case; they are compared case-insensitively."""

TEST_SHARE = 0.1
"""Share of the training images that is used for testing if there is no other split for it."""


def named_splits(names: Iterable[str], where: str) -> dict[str, str]:
    """Return the given name of each split.

    Args:
        names: names of folders, for instance; those that are not of splits are ignored.
        where: description of the data set, for the error.

    Raises:
        DataError: several names are of the same split.
    """
    given = list(names)
    found: dict[str, str] = {}
    for split, known in NAMES.items():
        meant = [name for name in given if name.lower() in known]
        if len(meant) > 1:
            raise DataError(
                f"{where} has {join_names(meant)}, all of them names of the split {split!r}",
                hint="Rename or remove all but one.",
            )
        if meant:
            found[split] = meant[0]
    return found


def ensure_test_split(source: SourceDataset, where: str) -> SourceDataset:
    """Return a data set with a test split, and the rule of that split.

    Without one, ``validation`` becomes the test split, or else a tenth of ``train``, by a hash of
    each image's group alone: adding, removing and renaming images moves none of the others.

    Args:
        source: data set with ``train`` among its splits.
        where: description of the data set, for the error.

    Raises:
        DataError: there are too few training images.
    """
    given = dict(source.splits)
    rule = "Test images are the data set's own."
    # A model is then selected on held-out training images, so its test score is of unseen images.
    if "test" not in given and "validation" in given:
        given["test"] = given.pop("validation")
        rule = "Test images are the data set's own validation images."
    train = given["train"]
    groups = train.examples.groups
    least = 2 if "test" in given else 3  # because at least one of three becomes the test split
    found = len(train) if groups is None else len(set(groups))
    if found < least:
        what = "groups of training images" if source.identity == "group" else "training images"
        raise DataError(f"expected at least {least} {what} in {where}, got {found}")
    if "test" not in given:
        assert groups is not None
        tested = held_out_rows(groups, TEST_SHARE, "test", train.labels.tolist())
        given |= {
            "train": train.select(np.flatnonzero(~tested)),
            "test": train.select(np.flatnonzero(tested)),
        }
        rule = f"A tenth of the images test, by the sha256 of their {source.identity}."
    return replace(source, splits=given, split_rule=rule)


def check_groups(splits: Mapping[str, Pictures], where: str) -> None:
    """Check that the images of each group are in one split.

    Raises:
        DataError: a group is in two splits.
    """
    of_group: dict[str, str] = {}
    for split, pictures in splits.items():
        for group in pictures.examples.groups or ():
            other = of_group.setdefault(group, split)
            if other != split:
                raise DataError(
                    f"the group {group!r} of {where} has images in {other} and in {split}",
                    hint="Move its images into one split, or leave out the option group.",
                )
