"""Splits of a source: their names, and the split of test images from training images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zoo_core.plugin_api import DataError, join_names, split_rows
from zoo_images.image_sources import Pictures

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


def ensure_test_split(splits: Mapping[str, Pictures], where: str) -> dict[str, Pictures]:
    """Return splits with a test split.

    Without one, ``validation`` becomes the test split, or else a tenth of ``train``, drawn with a
    fixed seed.

    Args:
        splits: splits with ``train`` among them.
        where: description of the data set, for the error.

    Raises:
        DataError: there are too few training images.
    """
    given = dict(splits)
    # A model is then selected on held-out training images, so its test score is of unseen images.
    if "test" not in given and "validation" in given:
        given["test"] = given.pop("validation")
    train = given["train"]
    least = 2 if "test" in given else 3  # because one of three becomes the test split
    if len(train) < least:
        raise DataError(f"expected at least {least} training images in {where}, got {len(train)}")
    if "test" not in given:
        # Not with the training's seed: models trained with several seeds share the test split.
        trained, tested = split_rows(len(train), TEST_SHARE, seed=0)
        given |= {"train": train.select(trained), "test": train.select(tested)}
    return given
