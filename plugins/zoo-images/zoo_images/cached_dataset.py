"""The cached copy of a data set, as arrays, and its spec."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from zoo_core import ArrayDataset, DatasetSpec
from zoo_core.plugin_api import (
    DatasetContent,
    ProgressBar,
    encodable,
    load_or_create,
    max_pixels,
    zoo_home,
)
from zoo_images.address import Address
from zoo_images.decoding.decode import decode_splits
from zoo_images.decoding.image_sources import SourceDataset
from zoo_images.splits import ensure_test_split

FORMAT = 3
"""Version of the cached copies; increase it to decode every data set again."""

UNKNOWN_LICENSE = "LicenseRef-unknown"
"""SPDX identifier of an unknown license."""


def load_or_decode(
    address: Address, facts: object, find: Callable[[], SourceDataset]
) -> ArrayDataset:
    """Return the cached copy of a data set; decode the images if there is no copy of these facts.

    Args:
        address: address of the data set.
        facts: JSON-serializable values that are different for different content: identity, split
            and class of each image, and a hash of its file.
        find: function that returns the images.

    Raises:
        DataError: an image cannot be decoded, or the copy cannot be stored.
    """
    # Nothing else, such as the path, because a folder that was moved has the same copy.
    key = hashlib.sha256(json.dumps([FORMAT, _options(address), facts]).encode()).hexdigest()[:32]
    # The folder's own name is added for people who look into the cache.
    words = re.findall("[a-z0-9]+", PurePath(address.place).name.lower())
    name = "-".join([address.source, *words])[:60]
    damaged_list = Path(zoo_home(), "damaged-images", f"{name}-{key}.txt")
    # Without lines of text, which would mix with the output of `--json`.
    with ProgressBar(quiet=True, text_first=True) as bar:

        def make() -> DatasetContent:
            source = ensure_test_split(find(), address.name)
            return decode_splits(source, address, damaged_list, bar)

        dataset = load_or_create(name, key, make)
    if number := dataset.facts.damaged:
        skipped = f"{number:,} damaged images are" if number > 1 else "1 damaged image is"
        note = f"{skipped} skipped and listed in {damaged_list}."
        return with_reading_facts(dataset, notes=(note,))
    return dataset


def with_reading_facts(
    dataset: ArrayDataset,
    *,
    left_out: Mapping[str, int] | None = None,
    notes: tuple[str, ...] = (),
) -> ArrayDataset:
    """Return a data set with facts about its files in addition to those of its copy.

    Args:
        dataset: the cached copy.
        left_out: numbers of the files that are left out now; a copy does not depend on them.
        notes: other facts, as sentences.
    """
    known = dataset.facts
    changed = replace(known, left_out=dict(left_out or known.left_out), notes=known.notes + notes)
    return dataset.with_facts(changed)


def _options(address: Address) -> list[object]:
    """Return the options that arrays depend on."""
    ranges = address.ranges and dict(address.ranges.values)
    # With a higher limit, fewer images are skipped.
    limit = max_pixels() if address.skips_damaged else None
    return [address.size, address.channels, ranges, address.skips_damaged, limit]


def spec_of(
    address: Address,
    dataset: ArrayDataset,
    *,
    loader: str,
    license: str,
    source: str,
    place: str = "",
) -> DatasetSpec:
    """Return the spec of a data set.

    Args:
        address: address of the data set.
        dataset: its cached copy.
        loader: import string of the function that returns the copy for an address.
        license: SPDX identifier of its license.
        source: its origin, for people.
        place: the address with an absolute path, if it has a path.
    """
    # From the arrays, so that the spec cannot disagree with the data.
    _, height, width = dataset.input_spec.shape
    sizes = {name: len(split) for name, split in dataset.splits.items()}
    return DatasetSpec(
        name=address.name,
        summary=f"{sum(sizes.values()):,} images of {dataset.targets[0].size} classes, "
        f"{height}×{width}.",
        loader=loader,
        input=dataset.input_spec,
        targets=dataset.targets,
        sizes=sizes,
        sha256=dataset.sha256(),
        license=license,
        # A path may have bytes that are not UTF-8, which cannot be stored.
        source=encodable(source),
        address=address.text,
        place=place if place == encodable(place) else "",
    )
