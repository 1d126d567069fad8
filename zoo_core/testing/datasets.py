"""What a data set must hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zoo_core.catalog import Catalog
from zoo_core.data import load_dataset
from zoo_core.testing.check import expect


def is_what_it_declares(catalog: Catalog, name: str) -> None:
    """Shapes, sizes, classes and checksum are the spec's, whenever it is loaded."""
    entry = catalog.dataset(name)
    first, again = load_dataset(entry), load_dataset(entry)
    expect(first.sha256() == again.sha256(), "two loads give two contents")
    classes = tuple(map(len, first.classes))
    expect(
        classes == entry.spec.classes,
        f"it has {classes} classes, and declares {entry.spec.classes}",
    )


def states_its_mean_and_deviation(catalog: Catalog, name: str) -> None:
    """``mean`` and ``std`` are those of the training images' pixels."""
    dataset = load_dataset(catalog.dataset(name))
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
    """New training images, where it can make them, are a function of seed and epoch alone."""
    dataset = load_dataset(catalog.dataset(name))  # which sees to it that it can where it says so
    if dataset.compose is None:
        return
    size, held_out = len(dataset.splits["train"]), np.arange(10)
    first, again = (dataset.compose(0, 1, held_out) for _ in range(2))
    expect(len(first) == size - 10, f"it composes {len(first)} images for {size - 10}")
    expect(
        (first.images == again.images).all() and (first.labels == again.labels).all(),
        "it composes other images for the same seed and epoch",
    )
    for seed, epoch in ((0, 2), (1, 1)):
        other = dataset.compose(seed, epoch, held_out)
        expect((first.images != other.images).any(), "every seed and epoch give the same images")


DATASET_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "is what it declares": is_what_it_declares,
    "states its mean and deviation": states_its_mean_and_deviation,
    "composes anew": composes_anew,
}
