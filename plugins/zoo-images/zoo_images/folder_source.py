"""The source ``folder``: a folder of images, with a sub-folder a class."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo_core import ArrayDataset, DatasetSpec
from zoo_core.plugin_api import DataError
from zoo_images.address import Address, parse_address
from zoo_images.cached_dataset import UNKNOWN_LICENSE, SourceDataset, load_or_decode, spec_of
from zoo_images.folder_layout import find_labeled_images
from zoo_images.image_files import Classes, in_order
from zoo_images.image_sources import Picture, Pictures

DATA = "ZOO_DATA"


def describe(address: str) -> DatasetSpec:
    """Return what is said of the images in a folder.

    Args:
        address: the folder's path, and options: ``PATH?size=64&channels=1``.

    Raises:
        DataError: it is not there, cannot be read, or is not parted into classes.
        InvalidValueError: an option is not allowed.
    """
    parsed = parse_address("folder", address)
    root = find_folder(parsed.place)
    return spec_of(
        parsed,
        _load(parsed, root),
        loader="zoo_images.folder_source:load",
        license=UNKNOWN_LICENSE,
        source=f"the folder {root.absolute()}",
    )


def load(address: str) -> ArrayDataset:
    """Return the images in a folder; see `describe`."""
    parsed = parse_address("folder", address)
    return _load(parsed, find_folder(parsed.place))


def find_folder(place: str) -> Path:
    """Return a folder by its path, from the working directory on or from ``ZOO_DATA``.

    Raises:
        DataError: it is not there, or is no folder.
    """
    path = Path(place).expanduser()
    places = [path]
    if (data := os.environ.get(DATA)) and not path.is_absolute():
        places.append(Path(data, path))
    for path in places:
        if path.is_dir():
            return path
    for path in places:
        if path.exists():
            raise DataError(f"{path} is a file, no folder", hint="Unpack it, if it is an archive.")
    looked = " or ".join(str(path.absolute()) for path in places)
    raise DataError(
        f"there is no folder {looked}",
        hint="Paths are taken from the working directory, then from the folder in ZOO_DATA.",
    )


def _load(address: Address, root: Path) -> ArrayDataset:
    splits = find_labeled_images(root)
    stamp = [
        [split, name, sorted(file[1:] for file in files)]
        for split, classes in splits.items()
        for name, files in classes.items()
    ]
    return load_or_decode(address, stamp, lambda: _describe_source(splits))


def _describe_source(splits: Mapping[str, Classes]) -> SourceDataset:
    names = sorted(splits["train"])
    return SourceDataset(
        {split: _pictures(classes, names) for split, classes in splits.items()}, names
    )


def _pictures(classes: Classes, names: list[str]) -> Pictures:
    files, labels = in_order(classes, names)

    def take(rows: NDArray[np.int64]) -> list[Picture]:
        return [Picture(path, Path(path)) for path in (files[row].path for row in rows)]

    return Pictures(labels, take)
