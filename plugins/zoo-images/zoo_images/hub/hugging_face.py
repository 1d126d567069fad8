"""The source ``hf``: data sets loaded by Hugging Face's library `datasets`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import ArrayDataset, DatasetSpec
from zoo_core.plugin_api import DataError, InvalidValueError, join_names
from zoo_images.address import Address, parse_address
from zoo_images.cached_dataset import load_or_decode, spec_of
from zoo_images.class_names import check_class_names, in_class_order
from zoo_images.decoding.image_sources import Picture, Pictures, SourceDataset
from zoo_images.hub.hf_download import check_installed, fetch, license_of, local_folder
from zoo_images.hub.hf_identities import all_files, identify_rows
from zoo_images.local.file_contents import FileContents
from zoo_images.local.places import absolute
from zoo_images.splits import named_splits

OPTIONS = ("config", "image", "label")
"""Names of the source's own options: a configuration, and two columns."""

_LABEL_TYPES = ("bool", "int", "uint", "string", "large_string")
"""Prefixes of the types that a column of labels may have."""

Splits = Mapping[str, Any]
"""One `datasets.Dataset` per split."""


def describe(address: str) -> DatasetSpec:
    """Return the spec of a data set.

    Args:
        address: name on the Hugging Face Hub or path of a folder, and options:
            ``NAME?config=CONFIG&image=COLUMN&label=COLUMN&size=64&channels=1``.

    Raises:
        DataError: the data set cannot be loaded, or has no labeled images.
        InvalidValueError: an option is invalid.
        PluginError: `datasets` is not installed.
    """
    parsed = parse_address("hf", address, OPTIONS)
    dataset = _load(parsed)
    folder = local_folder(parsed.place)
    place = parsed.at(absolute(folder)) if folder else ""
    return spec_of(
        parsed,
        dataset,
        loader="zoo_images.hub.hugging_face:load",
        license=license_of(parsed.place),
        source=f"the folder {folder.absolute()}"
        if folder
        else f"https://huggingface.co/datasets/{parsed.place}",
        place=place,
    )


def load(address: str) -> ArrayDataset:
    """Return a data set; see `describe`."""
    return _load(parse_address("hf", address, OPTIONS))


def _load(address: Address) -> ArrayDataset:
    check_installed()
    options = sorted(address.options.items())
    if folder := local_folder(address.place):
        contents = FileContents(folder, all_files(folder))

        def find() -> SourceDataset:
            source = _describe_source(address, _fetch_splits(address), folder)
            return replace(source, check=lambda: contents.check_unchanged(all_files(folder)))

        return load_or_decode(address, [options, contents.digest], find)
    splits = _fetch_splits(address)
    # The library's own hash of a data set's files, of one commit on the Hub; no public attribute
    # has it.
    fingerprints = {split: dataset._fingerprint for split, dataset in splits.items()}
    return load_or_decode(
        address, [options, fingerprints], lambda: _describe_source(address, splits, None)
    )


def _fetch_splits(address: Address) -> Splits:
    fetched = fetch(address.place, address.options.get("config"))
    named = named_splits(fetched, address.name)
    if "train" not in named:
        raise DataError(f"{address.name} has no split 'train'; its splits: {join_names(fetched)}")
    return {split: fetched[name] for split, name in named.items()}


def _describe_source(address: Address, splits: Splits, root: Path | None) -> SourceDataset:
    features = splits["train"].features
    image, label = _image_column(address, features), _label_column(address, features)
    classes, labels = _label_images(address, splits, label)
    check_class_names(classes, address.name)
    pictures = {
        split: _pictures(address, splits, split, image, labels=labels[split], root=root)
        for split in labels
    }
    return SourceDataset(pictures, classes, identity="content, or path in the folder")


def _image_column(address: Address, features: Mapping[str, Any]) -> str:
    # `datasets` is optional and imported where it is used; `fetch` reports its absence.
    from datasets import Image

    images = [name for name, feature in features.items() if isinstance(feature, Image)]
    return _column(address, "image", images, images, features)


def _label_column(address: Address, features: Mapping[str, Any]) -> str:
    """Return the column of labels: the only `ClassLabel`, or else the only usable one."""
    from datasets import ClassLabel, Value

    stated = [name for name, feature in features.items() if isinstance(feature, ClassLabel)]
    plain = [
        name
        for name, feature in features.items()
        if isinstance(feature, Value) and feature.dtype.startswith(_LABEL_TYPES)
    ]
    return _column(address, "label", stated or plain, stated + plain, features)


def _column(
    address: Address,
    option: str,
    likely: Sequence[str],
    possible: Sequence[str],
    features: Mapping[str, Any],
) -> str:
    """Return the column that an option names, or the only likely one."""
    given = address.options.get(option)
    if given is not None and given not in possible:
        raise InvalidValueError(
            f"expected {option} of {address.name} to be a column of {option}s, got {given!r}",
            hint=f"Choose one of: {join_names(possible)}.",
        )
    if given is not None:
        return given
    if not likely:
        raise DataError(
            f"{address.name} has no column of {option}s, its columns are: {join_names(features)}"
        )
    if len(likely) > 1:
        raise DataError(
            f"{address.name} has several columns of {option}s: {join_names(likely)}",
            hint=f"Choose one, for instance: {address.with_option(f'{option}={likely[0]}')}",
        )
    return likely[0]


def _label_images(
    address: Address, splits: Splits, column: str
) -> tuple[list[str], dict[str, NDArray[np.int64]]]:
    """Return the names of the classes, and the labels of each split that has labels."""
    from datasets import ClassLabel

    feature = splits["train"].features[column]
    # Only the column of labels is read, because `data[:]` would decode every image.
    values = {split: data.select_columns(column)[:][column] for split, data in splits.items()}
    if isinstance(feature, ClassLabel):
        # The label of unlabeled images is -1; a class without images has a label too.
        missing, known, classes = {None, -1}, list(range(len(feature.names))), list(feature.names)
    else:
        # Among plain numbers, -1 is a class.
        missing, known = {None}, _in_order(set(values["train"]) - {None})
        classes = list(map(str, known))
    numbers = {value: n for n, value in enumerate(known)}
    if len(classes) < 2:
        raise DataError(f"{address.name} has only one class: {join_names(classes)}")
    labels: dict[str, NDArray[np.int64]] = {}
    for split, of_split in values.items():
        without = sum(value in missing for value in of_split)
        if without == len(of_split) and split != "train":
            continue  # for example the test images of a competition
        if without:
            raise DataError(
                f"{without} of {len(of_split)} images in {split} of {address.name} have no label"
            )
        if unknown := set(of_split) - numbers.keys():
            raise DataError(
                f"{split} of {address.name} has classes without training images: "
                f"{join_names(map(str, unknown))}",
                hint=f"Use the classes of the training images: {join_names(classes)}.",
            )
        labels[split] = np.array([numbers[value] for value in of_split], np.int64)
    return classes, labels


def _in_order(values: set[Any]) -> list[Any]:
    """Return the values of a column of labels in the order of their classes: 9 before 10."""
    is_text = all(isinstance(value, str) for value in values)
    return in_class_order(values) if is_text else sorted(values)


def _pictures(
    address: Address,
    splits: Splits,
    split: str,
    column: str,
    *,
    labels: NDArray[np.int64],
    root: Path | None,
) -> Pictures:
    from datasets import Image

    # Undecoded, so that all sources decode images in the same way, for example EXIF orientation.
    files = splits[split].select_columns(column).cast_column(column, Image(decode=False))

    def read(rows: Sequence[int]) -> list[Mapping[str, Any]]:
        return [file or {} for file in files[rows][column]]

    def take(rows: NDArray[np.int64]) -> list[Picture]:
        found = zip(rows.tolist(), read(rows.tolist()), strict=True)
        name = f"in {split} of {address.name}"
        return [Picture(f"image {row} {name}", _open(file)) for row, file in found]

    return Pictures(labels, identify_rows(split, len(labels), read, root), take)


def _open(file: Mapping[str, Any]) -> Path | BytesIO:
    # A folder of images has paths instead of bytes. A row may have neither; its empty content is
    # reported as a damaged image.
    if file.get("bytes") is None and file.get("path"):
        return Path(file["path"])
    return BytesIO(file.get("bytes") or b"")
