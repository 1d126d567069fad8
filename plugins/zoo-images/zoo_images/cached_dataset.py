"""zoo's own copy of a data set, and the spec that is made of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import PurePath

from zoo_core import ArrayDataset, DatasetSpec
from zoo_core.plugin_api import DatasetContent, ProgressBar, load_or_create
from zoo_images.address import Address
from zoo_images.decoding import content_of
from zoo_images.image_sources import Pictures
from zoo_images.splits import ensure_test_split

FORMAT = 1
"""Of the copies; with another number, all are made anew."""

UNKNOWN_LICENSE = "LicenseRef-unknown"
"""How SPDX writes a license that is none of its own."""


@dataclass(frozen=True)
class SourceDataset:
    """Images where they lie.

    Attributes:
        splits: ``train``, and whichever of ``validation`` and ``test`` there are.
        classes: the names of the classes.
    """

    splits: Mapping[str, Pictures]
    classes: Sequence[str]


def load_or_decode(
    address: Address, stamp: object, find: Callable[[], SourceDataset]
) -> ArrayDataset:
    """Return zoo's copy of a data set; make it where there is none with this stamp.

    Args:
        address: of the data set.
        stamp: changes whenever its content does; plain values.
        find: gives its images.

    Raises:
        DataError: it cannot be made; nothing of it is left.
    """
    facts = [FORMAT, astuple(address.form), stamp]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]
    words = re.findall("[a-z0-9]+", PurePath(address.place).name.lower())
    name = "-".join([address.source, *words])[:60]
    with ProgressBar(quiet=True, text_first=True) as bar:

        def make() -> DatasetContent:
            found = find()
            return content_of(
                ensure_test_split(found.splits, address.name), found.classes, address, bar
            )

        return load_or_create(name, key, make)


def spec_of(
    address: Address, dataset: ArrayDataset, *, loader: str, license: str, source: str
) -> DatasetSpec:
    """Return what is said of a data set.

    Args:
        address: of it.
        dataset: zoo's copy.
        loader: import string of what gives the copy for an address.
        license: its SPDX identifier.
        source: where it is from.
    """
    sizes = {name: len(split) for name, split in dataset.splits.items()}
    _, *shape = dataset.splits["train"].images.shape
    channels, height, width = shape
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
