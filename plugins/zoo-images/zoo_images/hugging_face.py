"""The source ``hf``: data sets that the library `datasets` of Hugging Face loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import ArrayDataset, DatasetSpec
from zoo_core.plugin_api import DataError, InvalidValueError, join_names
from zoo_images.address import Address, parse_address
from zoo_images.cached_dataset import SourceDataset, load_or_decode, spec_of
from zoo_images.hf_download import fetch, license_of, local_folder
from zoo_images.image_sources import Picture, Pictures
from zoo_images.splits import named_splits

OPTIONS = ("config", "image", "label")
"""Of an address, beside those of the form: a configuration, and the names of two columns."""

_FEW = ("bool", "int", "uint", "string", "large_string")
"""How the types begin of which a column may hold classes."""

Splits = Mapping[str, Any]
"""A `datasets.Dataset` for each split."""


def describe(address: str) -> DatasetSpec:
    """Return what is said of a data set.

    Args:
        address: its name on the Hugging Face Hub or the path of a folder, and options:
            ``NAME?config=CONFIG&image=COLUMN&label=COLUMN&size=64&channels=1``.

    Raises:
        DataError: it cannot be had, or has no images with labels.
        InvalidValueError: an option is not allowed.
        PluginError: `datasets` is not installed.
    """
    parsed = _parse(address)
    dataset = _load(parsed)
    folder = local_folder(parsed.place)
    return spec_of(
        parsed,
        dataset,
        loader="zoo_images.hugging_face:load",
        license=license_of(parsed.place),
        source=f"the folder {folder.absolute()}"
        if folder
        else f"https://huggingface.co/datasets/{parsed.place}",
    )


def load(address: str) -> ArrayDataset:
    """Return a data set; see `describe`."""
    return _load(_parse(address))


def _parse(address: str) -> Address:
    return parse_address("hf", address, OPTIONS)


def _load(address: Address) -> ArrayDataset:
    fetched = fetch(address.place, address.options.get("config"))
    named = named_splits(fetched, address.name)
    if "train" not in named:
        raise DataError(f"{address.name} has no split to train on, it has: {join_names(fetched)}")
    splits = {split: fetched[name] for split, name in named.items()}
    fingerprints = {split: dataset._fingerprint for split, dataset in splits.items()}
    stamp = [sorted(address.options.items()), fingerprints]
    return load_or_decode(address, stamp, lambda: _describe_source(address, splits))


def _describe_source(address: Address, splits: Splits) -> SourceDataset:
    features = splits["train"].features
    image, label = _image_column(address, features), _label_column(address, features)
    classes, labels = _label_images(address, splits, label)
    pictures = {split: _pictures(address, splits, split, image, labels[split]) for split in labels}
    return SourceDataset(pictures, classes)


def _image_column(address: Address, features: Mapping[str, Any]) -> str:
    from datasets import Image

    images = [name for name, feature in features.items() if isinstance(feature, Image)]
    return _column(address, "image", images, images, features)


def _label_column(address: Address, features: Mapping[str, Any]) -> str:
    """Return the column of labels: one that says that it is, else one that may be."""
    from datasets import ClassLabel, Value

    stated = [name for name, feature in features.items() if isinstance(feature, ClassLabel)]
    plain = [
        name
        for name, feature in features.items()
        if isinstance(feature, Value) and feature.dtype.startswith(_FEW)
    ]
    return _column(address, "label", stated or plain, stated + plain, features)


def _column(
    address: Address,
    option: str,
    likely: Sequence[str],
    possible: Sequence[str],
    features: Mapping[str, Any],
) -> str:
    """Return the column that an option names, or the only one that is likely."""
    given = address.options.get(option)
    if given is not None and given not in possible:
        raise InvalidValueError(
            f"{option} of {address.name} is a column of {option}s, got {given!r}",
            hint=f"It may be: {join_names(possible)}.",
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
            hint=f"Say which, for instance: {address.with_option(f'{option}={likely[0]}')}",
        )
    return likely[0]


def _label_images(
    address: Address, splits: Splits, column: str
) -> tuple[list[str], dict[str, NDArray[np.int64]]]:
    """Return the names of the classes, and the labels of each split that has some."""
    from datasets import ClassLabel

    feature = splits["train"].features[column]
    values = {split: data.select_columns(column)[:][column] for split, data in splits.items()}
    missing = {None, -1} if isinstance(feature, ClassLabel) else {None}
    if isinstance(feature, ClassLabel):
        classes, numbers = list(feature.names), {n: n for n in range(len(feature.names))}
    else:
        known = sorted(set(values["train"]) - missing)
        classes, numbers = list(map(str, known)), {value: n for n, value in enumerate(known)}
    if len(classes) < 2:
        raise DataError(f"{address.name} has one class only: {join_names(classes)}")
    labels: dict[str, NDArray[np.int64]] = {}
    for split, of_split in values.items():
        without = sum(value in missing for value in of_split)
        if without == len(of_split) and split != "train":
            continue  # the images of a competition, whose labels are secret
        if without:
            raise DataError(
                f"{without} of {len(of_split)} images in {split} of {address.name} have no label"
            )
        if unknown := set(of_split) - numbers.keys():
            raise DataError(
                f"{split} of {address.name} has classes that the training images lack: "
                f"{join_names(map(str, unknown))}",
                hint=f"Those have: {join_names(classes)}.",
            )
        labels[split] = np.array([numbers[value] for value in of_split], np.int64)
    return classes, labels


def _pictures(
    address: Address, splits: Splits, split: str, column: str, labels: NDArray[np.int64]
) -> Pictures:
    from datasets import Image

    files = splits[split].select_columns(column).cast_column(column, Image(decode=False))

    def take(rows: NDArray[np.int64]) -> list[Picture]:
        found = zip(rows.tolist(), files[rows.tolist()][column], strict=True)
        return [_picture(f"image {row} in {split} of {address.name}", file) for row, file in found]

    return Pictures(labels, take)


def _picture(name: str, file: Mapping[str, Any] | None) -> Picture:
    """Return an image by what is in it, or by its path where that is not known."""
    file = file or {}
    content = file.get("bytes")
    if content is None and file.get("path"):
        content = Path(file["path"])
    return Picture(name, content or b"")
