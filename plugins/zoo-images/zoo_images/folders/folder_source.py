"""The source ``folder``: a folder of images with one sub-folder per class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from zoo_core import ArrayDataset, DatasetSpec
from zoo_core.plugin_api import gc_paused
from zoo_images.address import Address, parse_address
from zoo_images.cached_dataset import (
    UNKNOWN_LICENSE,
    load_or_decode,
    spec_of,
    with_reading_facts,
)
from zoo_images.class_names import describe_similar, in_class_order
from zoo_images.decoding.image_sources import Pictures, SourceDataset, local_pictures
from zoo_images.folders.folder_layout import Layout, find_layout
from zoo_images.folders.image_files import Classes, Folder, are_numbered, in_order
from zoo_images.folders.path_groups import OPTION, check_separators, find_groups
from zoo_images.local.file_contents import FileContents
from zoo_images.local.places import absolute, find_folder
from zoo_images.splits import check_groups


def describe(address: str) -> DatasetSpec:
    """Return the spec of the images in a folder.

    Args:
        address: path of the folder, and options: ``PATH?size=64&channels=1``. Images in whose paths
            the pattern of ``group=PATTERN`` matches the same text stay in one split.

    Raises:
        DataError: the folder does not exist, cannot be read, or has no classes.
        InvalidValueError: an option is invalid.
    """
    parsed = _parse(address)
    root = find_folder(parsed.place)
    return spec_of(
        parsed,
        _load(parsed, root),
        loader="zoo_images.folders.folder_source:load",
        license=UNKNOWN_LICENSE,
        source=f"the folder {root.absolute()}",
        place=parsed.at(absolute(root)),
    )


def load(address: str) -> ArrayDataset:
    """Return the images in a folder; see `describe`."""
    parsed = _parse(address)
    return _load(parsed, find_folder(parsed.place))


def _parse(address: str) -> Address:
    check_separators(f"folder:{address}")
    return parse_address("folder", address, (OPTION,))


def _load(address: Address, root: Path) -> ArrayDataset:
    # Paused, because the collector would search 100,000 new objects again and again.
    with gc_paused():
        layout = find_layout(Folder(str(root)))
        names = in_class_order(layout.splits["train"])
        # From sorted lists, so that nothing depends on the file system's order.
        facts = [
            [split, name, sorted(file.key for file in files)]
            for split, classes in sorted(layout.splits.items())
            for name, files in sorted(classes.items())
        ]
        classes = chain.from_iterable(each.values() for each in layout.splits.values())
        files = [*chain.from_iterable(classes)]
        contents = FileContents(root, files)
        stamp, group_of = [facts, contents.digest], {}
        if pattern := address.options.get(OPTION):
            stamp.append(pattern)
            group_of = find_groups([file.key for file in files], pattern)
    dataset = load_or_decode(
        address, stamp, lambda: _source(layout, names, contents.hashes, group_of, address.name)
    )
    return with_reading_facts(dataset, left_out=layout.left_out, notes=describe_similar(names))


def _source(
    layout: Layout,
    names: Sequence[str],
    hashes: Mapping[str, str],
    group_of: Mapping[str, str],
    where: str,
) -> SourceDataset:
    has_test = len(layout.splits) > 1
    splits = {
        split: _pictures(classes, names, hashes, group_of, by_number=has_test)
        for split, classes in layout.splits.items()
    }
    if not group_of:
        return SourceDataset(splits, names)
    check_groups(splits, where)
    return SourceDataset(splits, names, identity="group")


def _pictures(
    classes: Classes,
    names: Sequence[str],
    hashes: Mapping[str, str],
    group_of: Mapping[str, str],
    *,
    by_number: bool,
) -> Pictures:
    """Return the images of a split.

    Args:
        classes: files of each class.
        names: names of the classes, in the order of their labels.
        hashes: hashes of the files' contents.
        group_of: group of each path; empty for none.
        by_number: accept that a split follows from the number in each file's name, if they are
            the numbers from 0.
    """
    files, labels = in_order(classes, names)
    # A data set that was exported in its order trains the same weights as its arrays.
    numbered = by_number and are_numbered(files) and not group_of
    groups = None if numbered else tuple(group_of.get(file.key, file.key) for file in files)
    return local_pictures(files, labels, groups, hashes)
