"""Toy data set: images with two bright rows, whose position is the class."""

import numpy as np

from zoo_core import ArrayDataset, Box, Found, Reading, Split, class_targets
from zoo_core.plugin_api import fit_image

CLASSES = ("high", "middle", "low")


def load() -> ArrayDataset:
    return _dataset(heads=1, mean=0.27200065, std=0.23262226)


def load_pairs() -> ArrayDataset:
    """Return images with a second label, the index of a bright column."""
    return _dataset(heads=2, mean=0.32690261, std=0.25777747)


def _dataset(heads: int, mean: float, std: float) -> ArrayDataset:
    rng = np.random.RandomState(0)  # because its numbers are equal in every version of NumPy
    return ArrayDataset(
        splits={"train": _split(rng, 200, heads), "test": _split(rng, 50, heads)},
        targets=class_targets(*(CLASSES,) * heads),
        mean=(mean,),
        std=(std,),
    )


def _split(rng: np.random.RandomState, size: int, heads: int) -> Split:
    images = rng.randint(0, 60, (size, 1, 6, 5)).astype(np.uint8)
    labels = rng.randint(0, 3, (size, heads)).astype(np.int64)
    for image, label in zip(images, labels, strict=True):
        image[0, 2 * label[0] : 2 * label[0] + 2] += 120
        if heads == 2:
            image[0, :, label[1]] += 70
    return Split(images, tuple(labels.T))


def read_photo(image):
    """Find the rows of a photo: each half of one that is wider than high, or nothing on black."""
    if not image.any():
        return Reading((), "no rows found")
    height, width = image.shape[1:]
    half = width // 2 if width > height else width
    places = [Box(0, left, height, left + half) for left in range(0, half * (width // half), half)]
    parts = [image[:, :, box.left : box.right] for box in places]
    doubt = "" if height >= 6 else "cut at the edge"
    found = zip(parts, places, strict=True)
    return Reading(tuple(Found(fit_image(part, (1, 6, 5)), (box,), doubt) for part, box in found))


def closeness(images):
    """Return how close the mean gray level of each image is to the usual one, from 0 to 1."""
    return np.exp(-np.abs(images.mean(axis=(1, 2, 3)) - 70) / 20)
