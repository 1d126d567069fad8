"""Checks of a data set."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from zoo_core.data.dataset import ArrayDataset, Split, load_dataset
from zoo_core.data.images.processor import ImageReader, model_processor
from zoo_core.data.images.reading import Found, as_reading
from zoo_core.data.splits import check_inputs, check_targets
from zoo_core.errors import UnavailableError
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.faults.failed_import import declaration
from zoo_core.testing.check import NotApplicableError, expect, expect_equal

MAX_READ, MAX_FILES = 100, 10
"""Maximum number of its own images that a reader receives, and of those that are saved as files."""

MAX_CHANGE = 0.15
"""Maximum mean difference between inputs from files of two sizes, relative to that of a negative
from its picture."""


def can_be_loaded(catalog: Catalog, name: str) -> None:
    """Check that the loader returns an `ArrayDataset`."""
    _load(catalog, name)


def has_its_splits(catalog: Catalog, name: str) -> None:
    """Check that splits, shapes, dtype and tokens of inputs are those of the spec."""
    spec = catalog.dataset(name).spec
    actual = {split: part.inputs.shape for split, part in _load(catalog, name).splits.items()}
    expected = {split: (size, *spec.input.shape) for split, size in spec.sizes.items()}
    place = declaration(catalog.dataset(name).plugin, name)
    expect(
        actual == expected, f"splits: expected {expected}, as in its spec ({place}), got {actual}"
    )
    for split, part in _load(catalog, name).splits.items():
        dtype = part.inputs.dtype
        expect(
            dtype == np.dtype(spec.input.dtype),
            f"inputs of {split}: expected {spec.input.dtype}, as in its spec, got {dtype}",
        )
    check_inputs(_load(catalog, name))


def has_its_classes(catalog: Catalog, name: str) -> None:
    """Check that each head has the number of classes of the spec."""
    actual = tuple(target.size for target in _load(catalog, name).targets)
    expected = tuple(target.size for target in catalog.dataset(name).spec.targets)
    expect(actual == expected, f"classes: expected {expected}, as in its spec, got {actual}")


def has_targets_of_its_tasks(catalog: Catalog, name: str) -> None:
    """Check that tasks and shapes are those of the spec, and that the targets fit the tasks."""
    dataset, spec = _load(catalog, name), catalog.dataset(name).spec
    actual, expected = (
        [(target.task, target.shape) for target in targets]
        for targets in (dataset.targets, spec.targets)
    )
    expect(
        actual == expected, f"tasks and shapes: expected {expected}, as in its spec, got {actual}"
    )
    check_targets(dataset, find_tasks(catalog, dataset.targets))


def has_its_sha256(catalog: Catalog, name: str) -> None:
    """Check that the content has the checksum of the spec, if the spec has one."""
    actual, expected = _load(catalog, name).sha256(), catalog.dataset(name).spec.sha256
    expect(
        expected in ("", actual),
        f"checksum of its content: expected sha256 {expected}, as in its spec, got {actual}",
    )


def is_equal_on_every_load(catalog: Catalog, name: str) -> None:
    """Check that two loads return the same arrays."""
    # Not implied by the checksum, which a spec may leave empty.
    first, again = _load(catalog, name), _load_again(catalog, name)
    for split, part in first.splits.items():
        for what, actual, expected in _pairs(again.splits[split], part):
            expect_equal(actual, expected, f"{what} of {split}", "between two loads")


def _pairs(one: Split, other: Split) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name and both arrays of each array of two splits."""
    yield "inputs", one.inputs, other.inputs
    for head, pair in enumerate(zip(one.targets, other.targets, strict=True), 1):
        yield f"targets of head {head}", *pair


def states_its_mean_and_deviation(catalog: Catalog, name: str) -> None:
    """Check that ``mean`` and ``std`` are those of the training images' pixels."""
    dataset = _load(catalog, name)
    images = dataset.splits["train"].inputs
    for channel, (mean, std) in enumerate(zip(dataset.mean, dataset.std, strict=True)):
        # From a histogram, because float64 copies of all pixels would take eight times the memory.
        counts = np.bincount(images[:, channel].ravel(), minlength=256) / images[:, channel].size
        levels = np.arange(256) / 255
        actual_mean = float(counts @ levels)
        actual_std = float(counts @ (levels - actual_mean) ** 2) ** 0.5
        for what, stated, actual in (("mean", mean, actual_mean), ("std", std, actual_std)):
            # Authors round to four decimals.
            expect(
                abs(stated - actual) < 1e-4,
                f"{what} of channel {channel}: expected {actual:.6f}, got {stated}",
            )


def composes_new_images(catalog: Catalog, name: str) -> None:
    """Check that new training images are a function of seed and epoch alone."""
    dataset = load_dataset(catalog.dataset(name))
    assert dataset.compose is not None  # or `load_dataset` raises
    size, held_out = len(dataset.splits["train"]), np.arange(10)
    first, again = (dataset.compose(0, 1, held_out) for _ in range(2))
    expect(len(first) == size - 10, f"composed images: expected {size - 10}, got {len(first)}")
    for what, actual, expected in _pairs(again, first):
        expect_equal(actual, expected, f"composed {what}", "for the same seed and epoch")
    for seed, epoch in ((0, 2), (1, 1)):
        other = dataset.compose(seed, epoch, held_out)
        expect(
            (first.inputs != other.inputs).any(),
            f"seed {seed}, epoch {epoch} composes the same images as seed 0, epoch 1",
        )


def keeps_its_own_images(catalog: Catalog, name: str) -> None:
    """Check that the reader leaves the images of the test split unchanged."""
    # They look like the training images already; a reader that crops or inverts them again would
    # give wrong predictions for images that users saved from the data set.
    dataset, reader = _load(catalog, name), _reader(catalog, name)
    for row, image in enumerate(dataset.splits["test"].inputs[:MAX_READ]):
        found = as_reading(reader(image)).found
        expect(len(found) == 1, f"test image {row}: expected 1 input, got {len(found)}")
        expect_equal(found[0].image, image, f"test image {row}", "after the reader")


def converts_images_of_any_size(catalog: Catalog, name: str) -> None:
    """Check that the reader returns inputs of the set's shape, and the same ones every time."""
    shape, reader = catalog.dataset(name).spec.input.shape, _reader(catalog, name)
    for size in ((1, 1), (1, 300), (17, 4), (shape[1], shape[2]), (96, 128)):
        noise = np.random.default_rng(size).integers(0, 256, (shape[0], *size), np.uint8)
        # Blank images too, in which there is nothing to center or crop to.
        for image in (noise, np.zeros_like(noise), np.full_like(noise, 255)):
            before = image.copy()
            first, second = (as_reading(reader(image)) for _ in range(2))
            expect_equal(image, before, "the image", "after the reader")
            for found in first.found:
                _check_found(found, shape, size)
            same = [each.boxes for each in first.found] == [each.boxes for each in second.found]
            expect(same, f"of {size}: the boxes differ the second time")
            for one, other in zip(first.found, second.found, strict=True):
                expect_equal(other.image, one.image, f"the result of {size}", "the second time")


def _check_found(found: Found, shape: tuple[int, ...], size: tuple[int, int]) -> None:
    """Check shape and dtype of an input that was found in an image, and that its boxes fit."""
    actual = f"{found.image.dtype} {found.image.shape}"
    expect(actual == f"uint8 {shape}", f"of {size}: expected uint8 {shape}, got {actual}")
    for box in found.boxes:
        inside = 0 <= box[0] < box[2] <= size[0] and 0 <= box[1] < box[3] <= size[1]
        expect(inside, f"of {size}: expected a box within the image, got {tuple(box)}")


def prepares_files_of_a_picture_alike(catalog: Catalog, name: str) -> None:
    """Check that a picture is nearly the same input in files of several sizes and formats."""
    spec = catalog.dataset(name).spec.input
    if spec.kind != "image":
        raise NotApplicableError(f"its inputs are {spec.kind}, not images")
    dataset, shape = _load(catalog, name), spec.shape
    if shape[0] not in (1, 3):
        raise NotApplicableError("image files are gray or RGB")
    processor = model_processor(catalog, spec, name, {})
    for row, image in enumerate(dataset.splits["test"].inputs[:MAX_FILES]):
        picture = Image.fromarray(image[0] if shape[0] == 1 else np.moveaxis(image, 0, -1))
        expected = processor.read(_saved(picture, "PNG"))
        # A share of the distance to the negative, because noise changes more than a drawing does.
        limit = max(8.0, MAX_CHANGE * np.abs(2.0 * expected - 255).mean())
        for scale, kind in ((1, "BMP"), (1, "TIFF"), (2, "PNG"), (3, "TIFF")):
            size = picture.width * scale, picture.height * scale
            actual = processor.read(_saved(picture.resize(size, Image.Resampling.NEAREST), kind))
            change = np.abs(actual.astype(np.float64) - expected).mean()
            expect(
                change <= (limit if scale > 1 else 0),
                f"test image {row} as a {kind} file of {size[1]}x{size[0]} pixels: expected the "
                f"same input as from its PNG file, got a mean difference of {change:.1f}",
            )


def _saved(picture: Image.Image, kind: str) -> BytesIO:
    file = BytesIO()
    picture.save(file, kind)
    return file


def _reader(catalog: Catalog, name: str) -> ImageReader:
    entry = catalog.dataset(name)
    reader: ImageReader = entry.resolve(entry.spec.reader)
    return reader


# Once for all checks, because a large data set takes seconds.
@lru_cache(maxsize=1)
def _load(catalog: Catalog, name: str) -> ArrayDataset:
    """Load a data set without comparing it with its spec.

    Raises:
        NotApplicableError: the data would have to be downloaded.
    """
    return _load_again(catalog, name)


def _load_again(catalog: Catalog, name: str) -> ArrayDataset:
    entry = catalog.dataset(name)
    try:
        with offline():
            dataset = entry.resolve(entry.spec.loader)()
    except UnavailableError as exc:
        raise NotApplicableError("its data are not on this machine; checks fetch nothing") from exc
    kind = type(dataset).__name__
    expect(isinstance(dataset, ArrayDataset), f"loader: expected an ArrayDataset, got a {kind}")
    assert isinstance(dataset, ArrayDataset)  # for the type checker
    return dataset


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """Refuse downloads within the context, because nobody expects a check to fetch gigabytes."""
    before = os.environ.get("ZOO_OFFLINE")
    os.environ["ZOO_OFFLINE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["ZOO_OFFLINE"]
        else:
            os.environ["ZOO_OFFLINE"] = before


FORM_CHECKS = (has_its_splits, has_its_classes, has_targets_of_its_tasks)
"""Checks of the form of the arrays."""

DATASET_CHECKS = (
    has_its_sha256,
    is_equal_on_every_load,
    states_its_mean_and_deviation,
    prepares_files_of_a_picture_alike,
)

READER_CHECKS = (keeps_its_own_images, converts_images_of_any_size)
"""Checks of a data set that has a reader."""
