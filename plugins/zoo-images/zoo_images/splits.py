"""Splits of a source: training, validation and test images by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zoo_core.plugin_api import DataError, join_names, split_rows
from zoo_images.image_sources import Pictures

NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test", "testing"),
}
"""Each split, and what it may be called, in lower or upper case."""

TEST_SHARE = 0.1
"""Of the images, to test with where nothing else is meant for that."""


def named_splits(names: Iterable[str], where: str) -> dict[str, str]:
    """Return split -> the name that means it.

    Args:
        names: of folders, for instance; what means no split is passed over.
        where: they are, for the error.

    Raises:
        DataError: two names mean one split.
    """
    given = list(names)
    found: dict[str, str] = {}
    for split, known in NAMES.items():
        meant = [name for name in given if name.lower() in known]
        if len(meant) > 1:
            raise DataError(
                f"{where} has {join_names(meant)}, which all mean the split {split!r}",
                hint="Rename or remove all but one.",
            )
        if meant:
            found[split] = meant[0]
    return found


def ensure_test_split(splits: Mapping[str, Pictures], where: str) -> dict[str, Pictures]:
    """Return splits with one to test with, and enough images in them.

    Where none is for testing, ``validation`` stands in; where there is none either, a tenth of
    ``train`` does, drawn with a fixed seed.

    Args:
        splits: ``train`` among them.
        where: they are, for the error.

    Raises:
        DataError: there are too few images to train on.
    """
    given = dict(splits)
    if "test" not in given and "validation" in given:
        given["test"] = given.pop("validation")
    train = given["train"]
    least = 2 if "test" in given else 3  # of which one is tested with
    if len(train) < least:
        raise DataError(
            f"{where} has {len(train)} images to train on, and {least} are needed at the least"
        )
    if "test" not in given:
        trained, tested = split_rows(len(train), TEST_SHARE, seed=0)
        given |= {"train": train.chosen(trained), "test": train.chosen(tested)}
    return given
