"""The source ``files``: images anywhere, with labels from CSV or JSON lines."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from zoo_core import ArrayDataset, DatasetSpec
from zoo_core.plugin_api import DataError, did_you_mean, join_names
from zoo_images.address import Address, parse_address
from zoo_images.cached_dataset import (
    UNKNOWN_LICENSE,
    load_or_decode,
    spec_of,
    with_reading_facts,
)
from zoo_images.class_names import check_class_names, check_text, describe_similar, in_class_order
from zoo_images.decoding.image_sources import Pictures, SourceDataset, local_pictures
from zoo_images.folders.image_files import in_order
from zoo_images.local.file_contents import FileContents
from zoo_images.local.local_files import LocalFile, find_file
from zoo_images.local.places import absolute, find_label_file
from zoo_images.splits import NAMES, check_groups
from zoo_images.tables.labels_file import OPTIONS, Row, read_labels

MAX_NAMED = 5
"""Maximum number of missing files that an error names."""


def describe(address: str) -> DatasetSpec:
    """Return the spec of the images in a file with labels.

    Args:
        address: path of the file, and options: ``labels.csv?path=file&label=breed&group=owner``.

    Raises:
        DataError: the file or an image does not exist, or a row is invalid.
        InvalidValueError: an option is invalid.
    """
    parsed = parse_address("files", address, OPTIONS)
    file = find_label_file(parsed.place)
    return spec_of(
        parsed,
        _load(parsed, file),
        loader="zoo_images.tables.files_source:load",
        license=UNKNOWN_LICENSE,
        source=f"the labels in {file.absolute()}",
        place=parsed.at(absolute(file)),
    )


def load(address: str) -> ArrayDataset:
    """Return the images in a file with labels; see `describe`."""
    parsed = parse_address("files", address, OPTIONS)
    return _load(parsed, find_label_file(parsed.place))


def _load(address: Address, file: Path) -> ArrayDataset:
    rows = _unique(read_labels(file, address), file)
    files = {row.path: _find(row.path, file) for row in rows}
    _check_exist(rows, files, file)
    splits = _splits(rows, file)
    names = _class_names(splits, file)
    group_of = {row.path: row.group or row.path for row in rows}
    contents = FileContents(file, [*files.values()])
    # Sorted, so that the order of the rows, and the format of the file, decide nothing.
    facts = sorted((row.path, row.label, row.group, row.split) for row in rows)

    def find() -> SourceDataset:
        pictures = {
            split: _pictures(some, names, files, group_of, contents.hashes)
            for split, some in splits.items()
        }
        check_groups(pictures, address.name)
        return SourceDataset(pictures, names, "group" if "group" in address.options else "path")

    dataset = load_or_decode(address, [facts, contents.digest], find)
    return with_reading_facts(dataset, notes=describe_similar(names))


def _unique(rows: Sequence[Row], file: Path) -> list[Row]:
    """Return one row per image; rows that say the same twice count once."""
    found: dict[str, Row] = {}
    root = file.parent.absolute()
    for row in rows:
        check_text(row.path, f"the path in row {row.number} of {file}", control=True)
        place = os.path.normpath(root / row.path)  # "./1.png" is 1.png
        first = found.setdefault(place, row)
        if (first.label, first.group, first.split) != (row.label, row.group, row.split):
            raise DataError(
                f"{file} has {row.path!r} twice, in rows {first.number} and {row.number}, with "
                f"different values: {join_names(_differences(first, row))}",
                hint="Remove one of the rows.",
            )
    return [*found.values()]


def _differences(first: Row, second: Row) -> list[str]:
    pairs = [(first.label, second.label), (first.group, second.group), (first.split, second.split)]
    return [f"{before!r} and {after!r}" for before, after in pairs if before != after]


def _find(path: str, file: Path) -> LocalFile:
    return find_file(path, os.path.join(file.parent, path))  # noqa: PTH118 (100,000 files)


def _check_exist(rows: Sequence[Row], files: Mapping[str, LocalFile], file: Path) -> None:
    missing = [row for row in rows if not files[row.path].facts]
    if not missing:
        return
    named = [f"{row.path!r} in row {row.number}" for row in missing[:MAX_NAMED]]
    if len(missing) > MAX_NAMED:
        named.append(f"and {len(missing) - MAX_NAMED:,} more")
    hint = f"Write paths relative to {file.parent.absolute()}, or absolute ones."
    if os.sep == "/" and any("\\" in row.path for row in missing):
        hint = "Separate folders by / and not by a backslash."
    raise DataError(
        f"{len(missing):,} of {len(rows):,} images of {file} are not files: {', '.join(named)}",
        hint=hint,
    )


def _splits(rows: Sequence[Row], file: Path) -> dict[str, list[Row]]:
    """Return the rows of each split; without a column of splits, all are in ``train``."""
    split_of = {name: split for split, names in NAMES.items() for name in names} | {"": "train"}
    found: dict[str, list[Row]] = {}
    for row in rows:
        if (split := split_of.get(row.split.lower())) is None:
            raise DataError(
                f"row {row.number} of {file} has the unknown split {row.split!r}",
                hint="Use train, validation and test.",
            )
        found.setdefault(split, []).append(row)
    if "train" not in found:
        raise DataError(f"{file} has no row of the split train, only of {join_names(found)}")
    return {split: found[split] for split in NAMES if split in found}


def _class_names(splits: Mapping[str, Sequence[Row]], file: Path) -> list[str]:
    names = in_class_order({row.label for row in splits["train"]})
    check_class_names(names, str(file))
    if len(names) == 1:
        raise DataError(f"{file} has only one class of training images: {names[0]}")
    known = set(names)
    for row in (row for some in splits.values() for row in some):
        if row.label not in known:
            near = did_you_mean(row.label, names)
            raise DataError(
                f"row {row.number} of {file} has a class without training images: {row.label}",
                hint=f"{near} Use one of the training images: {join_names(names)}.".lstrip(),
            )
    return names


def _pictures(
    rows: Sequence[Row],
    names: Sequence[str],
    files: Mapping[str, LocalFile],
    group_of: Mapping[str, str],
    hashes: Mapping[str, str],
) -> Pictures:
    classes: dict[str, list[LocalFile]] = {}
    for row in rows:
        classes.setdefault(row.label, []).append(files[row.path])
    ordered, labels = in_order(classes, names)
    groups = tuple(group_of[file.key] for file in ordered)
    return local_pictures(ordered, labels, groups, hashes)
