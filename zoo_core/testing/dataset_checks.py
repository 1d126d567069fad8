"""Checks of a data set."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

import numpy as np

from zoo_core.data.dataset import ArrayDataset, Split, load_dataset
from zoo_core.data.image_files import ImageReader
from zoo_core.errors import UnavailableError
from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.check import NotApplicableError, expect, expect_equal

READ = 100
"""How many of its own images a reader is given."""


def has_its_splits(catalog: Catalog, name: str) -> None:
    """The splits that its spec declares are there, with as many images of that shape."""
    spec = catalog.dataset(name).spec
    actual = {split: images.images.shape for split, images in _load(catalog, name).splits.items()}
    expected = {split: (size, *spec.shape) for split, size in spec.sizes.items()}
    expect(actual == expected, f"its images are {actual}, its spec declares {expected}")


def has_its_classes(catalog: Catalog, name: str) -> None:
    """Every head has as many classes as the spec declares."""
    classes, expected = (
        tuple(map(len, _load(catalog, name).classes)),
        catalog.dataset(name).spec.classes,
    )
    expect(classes == expected, f"it has {classes} classes, and declares {expected}")


def gives_uint8_and_int64(catalog: Catalog, name: str) -> None:
    """Images are uint8 ``(N, C, H, W)``, labels int64 ``(N, heads)``."""
    for split, part in _splits(catalog, name):
        actual = f"{part.images.dtype} {part.images.ndim}-d and {part.labels.dtype} "
        actual += f"{part.labels.ndim}-d"
        expected = "uint8 4-d and int64 2-d"
        expect(actual == expected, f"images and labels of {split} are {actual}, not {expected}")


def has_labels_in_range(catalog: Catalog, name: str) -> None:
    """Every label is the number of a class."""
    dataset = _load(catalog, name)
    for split, part in dataset.splits.items():
        for head, classes in enumerate(dataset.classes):
            labels = part.labels[:, head]
            bad = (labels < 0) | (labels >= len(classes))
            worst = int(np.argmax(np.where(bad, np.abs(labels), -1)))
            expect(
                not bad.any(),
                f"{int(bad.sum())} labels of head {head} in {split} are no classes from 0 to "
                f"{len(classes) - 1}, for instance [{worst}]: {labels[worst]}",
                labels=labels,
            )


def has_its_sha256(catalog: Catalog, name: str) -> None:
    """Its content has the checksum that the spec declares, where it declares one."""
    actual, expected = _load(catalog, name).sha256(), catalog.dataset(name).spec.sha256
    expect(
        expected in ("", actual),
        f"its content has the sha256 {actual}, its spec declares {expected}",
    )


def is_the_same_again(catalog: Catalog, name: str) -> None:
    """Every load gives the same arrays."""
    first, again = _load(catalog, name), _load(catalog, name)
    for split, part in first.splits.items():
        for what in ("images", "labels"):
            actual, expected = getattr(again.splits[split], what), getattr(part, what)
            expect_equal(actual, expected, f"{what} of {split}", "between two loads")


def states_its_mean_and_deviation(catalog: Catalog, name: str) -> None:
    """``mean`` and ``std`` are those of the training images' pixels."""
    dataset = _load(catalog, name)
    images = dataset.splits["train"].images
    for channel, (mean, std) in enumerate(zip(dataset.mean, dataset.std, strict=True)):
        counts = np.bincount(images[:, channel].ravel(), minlength=256) / images[:, channel].size
        levels = np.arange(256) / 255
        found = float(counts @ levels)
        spread = float(counts @ (levels - found) ** 2) ** 0.5
        for what, stated, is_so in (("mean", mean, found), ("std", std, spread)):
            expect(
                abs(stated - is_so) < 1e-4,
                f"{what} of channel {channel} is {is_so:.6f}, not {stated}",
            )


def composes_anew(catalog: Catalog, name: str) -> None:
    """New training images are a function of seed and epoch alone."""
    dataset = load_dataset(catalog.dataset(name))  # which sees to it that it can
    assert dataset.compose is not None
    size, held_out = len(dataset.splits["train"]), np.arange(10)
    first, again = (dataset.compose(0, 1, held_out) for _ in range(2))
    expect(len(first) == size - 10, f"it composes {len(first)} images for {size - 10}")
    for what in ("images", "labels"):
        actual, expected = getattr(again, what), getattr(first, what)
        expect_equal(actual, expected, f"{what} that it composes", "for the same seed and epoch")
    for seed, epoch in ((0, 2), (1, 1)):
        other = dataset.compose(seed, epoch, held_out)
        expect((first.images != other.images).any(), "every seed and epoch give the same images")


def takes_its_own_images_as_they_are(catalog: Catalog, name: str) -> None:
    """Its reader leaves the images of its test split as they are."""
    dataset, reader = _load(catalog, name), _reader(catalog, name)
    for row, image in enumerate(dataset.splits["test"].images[:READ]):
        expect_equal(reader(image), image, f"test image {row}", "after the reader took it")


def reads_images_of_any_size(catalog: Catalog, name: str) -> None:
    """Its reader makes of any image one of its shape, the same one each time."""
    shape, reader = catalog.dataset(name).spec.shape, _reader(catalog, name)
    for size in ((1, 1), (1, 300), (17, 4), (shape[1], shape[2]), (96, 128)):
        noise = np.random.default_rng(size).integers(0, 256, (shape[0], *size), np.uint8)
        for image in (noise, np.zeros_like(noise), np.full_like(noise, 255)):
            before = image.copy()
            read = reader(image)
            found = f"{read.dtype} {read.shape}"
            expect(found == f"uint8 {shape}", f"of {size} it makes {found}, not uint8 {shape}")
            expect_equal(image, before, "the image", "after the reader took it")
            expect_equal(reader(image), read, f"what it makes of {size}", "the second time")


def _reader(catalog: Catalog, name: str) -> ImageReader:
    entry = catalog.dataset(name)
    reader: ImageReader = entry.resolve(entry.spec.reader)
    return reader


def _load(catalog: Catalog, name: str) -> ArrayDataset:
    """Load a data set without holding it against its spec.

    Raises:
        NotApplicableError: it would have to be fetched.
    """
    entry = catalog.dataset(name)
    try:
        with _offline():  # checks are no reason to fetch gigabytes
            dataset = entry.resolve(entry.spec.loader)()
    except UnavailableError as exc:
        raise NotApplicableError("its data are not here, and a check fetches nothing") from exc
    kind = type(dataset).__name__
    expect(isinstance(dataset, ArrayDataset), f"its loader gives no ArrayDataset, but a {kind}")
    assert isinstance(dataset, ArrayDataset)
    return dataset


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    before = os.environ.get("ZOO_OFFLINE")
    os.environ["ZOO_OFFLINE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["ZOO_OFFLINE"]
        else:
            os.environ["ZOO_OFFLINE"] = before


def _splits(catalog: Catalog, name: str) -> Iterator[tuple[str, Split]]:
    yield from _load(catalog, name).splits.items()


DATASET_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "has its splits": has_its_splits,
    "has its classes": has_its_classes,
    "gives uint8 and int64": gives_uint8_and_int64,
    "has labels in range": has_labels_in_range,
    "has its sha256": has_its_sha256,
    "is the same again": is_the_same_again,
    "states its mean and deviation": states_its_mean_and_deviation,
}

COMPOSABLE_CHECKS: dict[str, Callable[[Catalog, str], None]] = {"composes anew": composes_anew}
"""Of a data set that says that it can."""

READER_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "takes its own images as they are": takes_its_own_images_as_they_are,
    "reads images of any size": reads_images_of_any_size,
}
"""Of a data set that has a reader."""
