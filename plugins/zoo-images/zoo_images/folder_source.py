"""The source ``folder``: a folder of images with one sub-folder per class."""

from __future__ import annotations

import os
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
    """Return the spec of the images in a folder.

    Args:
        address: path of the folder, and options: ``PATH?size=64&channels=1``.

    Raises:
        DataError: the folder does not exist, cannot be read, or has no classes.
        InvalidValueError: an option is invalid.
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
    """Return a folder by its path, relative to the working directory or to ``ZOO_DATA``.

    Raises:
        DataError: there is no such folder.
    """
    path = Path(place).expanduser()  # because a shell does not expand the ~ in "folder:~/photos"
    places = [path]
    if (data := os.environ.get(DATA)) and not path.is_absolute():
        places.append(Path(data, path))
    for path in places:
        if path.is_dir():
            return path
    for path in places:
        if path.exists():
            raise DataError(
                f"expected a folder, got the file {path}", hint="Unpack archives first."
            )
    looked = " or ".join(str(path.absolute()) for path in places)
    raise DataError(
        f"there is no folder {looked}",
        hint="Use a path from the working directory, or from the folder in ZOO_DATA.",
    )


def _load(address: Address, root: Path) -> ArrayDataset:
    splits = find_labeled_images(root)
    names = sorted(splits["train"])  # so that labels do not depend on the file system's order
    # Size and time of each file instead of a checksum, so that no file is read. Without the first
    # field, the path, because a folder that was moved has the same content.
    stamp = [
        [split, name, sorted(file[1:] for file in files)]
        for split, classes in splits.items()
        for name, files in classes.items()
    ]

    def find() -> SourceDataset:
        return SourceDataset({split: _pictures(splits[split], names) for split in splits}, names)

    return load_or_decode(address, stamp, find)


def _pictures(classes: Classes, names: list[str]) -> Pictures:
    files, labels = in_order(classes, names)

    # `Picture` objects are made per chunk, because 100,000 of them would stay in memory otherwise.
    def take(rows: NDArray[np.int64]) -> list[Picture]:
        return [Picture(path, Path(path)) for path in (files[row].path for row in rows)]

    return Pictures(labels, take)
