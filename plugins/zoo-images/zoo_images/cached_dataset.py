"""The cached copy of a data set, as arrays, and its spec."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from zoo_core import ArrayDataset, DatasetSpec
from zoo_core.plugin_api import DatasetContent, ProgressBar, load_or_create
from zoo_images.address import Address
from zoo_images.decoding import decode_splits
from zoo_images.image_sources import Pictures
from zoo_images.splits import ensure_test_split

FORMAT = 1
"""Version of the cached copies; increase it to decode every data set again."""

UNKNOWN_LICENSE = "LicenseRef-unknown"
"""SPDX identifier of an unknown license."""


@dataclass(frozen=True)
class SourceDataset:
    """A data set of undecoded images.

    Attributes:
        splits: images of ``train`` and, if they exist, of ``validation`` and ``test``.
        classes: names of the classes.
    """

    splits: Mapping[str, Pictures]
    classes: Sequence[str]


def load_or_decode(
    address: Address, stamp: object, find: Callable[[], SourceDataset]
) -> ArrayDataset:
    """Return the cached copy of a data set; decode the images if there is no copy with this stamp.

    Args:
        address: address of the data set.
        stamp: JSON-serializable values that change whenever the data set's content does.
        find: function that returns the images.

    Raises:
        DataError: an image cannot be decoded, or the copy cannot be stored.
    """
    # Not the path, because a folder that was moved has the same copy.
    facts = [FORMAT, [address.size, address.channels], stamp]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]
    # The folder's own name is added for people who look into the cache.
    words = re.findall("[a-z0-9]+", PurePath(address.place).name.lower())
    name = "-".join([address.source, *words])[:60]
    # Without lines of text, which would mix with the output of `--json`.
    with ProgressBar(quiet=True, text_first=True) as bar:

        def make() -> DatasetContent:
            found = find()
            splits = ensure_test_split(found.splits, address.name)
            return decode_splits(splits, found.classes, address, bar)

        return load_or_create(name, key, make)


def spec_of(
    address: Address, dataset: ArrayDataset, *, loader: str, license: str, source: str
) -> DatasetSpec:
    """Return the spec of a data set.

    Args:
        address: address of the data set.
        dataset: its cached copy.
        loader: import string of the function that returns the copy for an address.
        license: SPDX identifier of its license.
        source: its origin, for people.
    """
    # From the arrays, so that the spec cannot disagree with the data.
    sizes = {name: len(split) for name, split in dataset.splits.items()}
    _, channels, height, width = dataset.splits["train"].images.shape
    (classes,) = dataset.classes
    return DatasetSpec(
        name=address.name,
        summary=f"{sum(sizes.values()):,} images of {len(classes)} classes, {height}×{width}.",
        loader=loader,
        shape=(channels, height, width),
        classes=(len(classes),),
        sizes=sizes,
        sha256=dataset.sha256(),
        license=license,
        source=source,
        address=address.text,
    )
