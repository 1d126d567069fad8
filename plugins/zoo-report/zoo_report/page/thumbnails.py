"""Images of a data set, small enough to stand in a page, each with what was read in it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_core import Predictions, Split
from zoo_core.plugin_api import find_misclassified

MISREAD = 24
"""At most so many misread images of a model are shown."""
BARELY = 12
"""Likewise of those that were read correctly."""
LARGEST = 96
"""Pixels of a side at most; what is larger is made smaller."""


@dataclass(frozen=True)
class Thumbnail:
    """An image with what was read in it.

    Attributes:
        row: which image of the split, from 0.
        source: it, as a ``data:`` URI.
        size: width and height in pixels.
        true: names of its classes, one a head.
        read: names of the classes that were read.
        sure: the probability that decided its place among the others.
    """

    row: int
    source: str
    size: tuple[int, int]
    true: tuple[str, ...]
    read: tuple[str, ...]
    sure: float


def hardest(
    split: Split, predictions: Predictions, classes: Sequence[Sequence[str]]
) -> tuple[list[Thumbnail], list[Thumbnail]]:
    """Return misread images, the surest first, and the least sure of those read correctly.

    Args:
        split: the images, with their true classes.
        predictions: what a model reads in them.
        classes: for each head, the names of its classes.
    """
    read, labels = predictions.labels, split.labels
    misread = find_misclassified(labels, read, predictions.probabilities)
    wrong = misread.rows[:MISREAD]
    given = [p[np.arange(len(read)), read[:, i]] for i, p in enumerate(predictions.probabilities)]
    sure = np.stack(given, axis=1).min(axis=1)
    right = np.flatnonzero((read == labels).all(axis=1))
    barely = right[np.argsort(sure[right], kind="stable")][:BARELY]
    return (
        [
            make_thumbnail(split, int(row), read[row], classes, float(p))
            for row, p in zip(wrong, misread.confidence, strict=False)
        ],
        [make_thumbnail(split, int(row), read[row], classes, float(sure[row])) for row in barely],
    )


def make_thumbnail(
    split: Split,
    row: int,
    read: NDArray[np.int64],
    classes: Sequence[Sequence[str]],
    sure: float = 1.0,
) -> Thumbnail:
    """Return an image of a split, with its true classes and those that were read."""
    source, size = data_uri(split.images[row])
    return Thumbnail(
        row, source, size, names(split.labels[row], classes), names(read, classes), sure
    )


def names(labels: NDArray[np.int64], classes: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the names of classes, one a head."""
    return tuple(each[label] for label, each in zip(labels, classes, strict=True))


def data_uri(image: NDArray[np.uint8]) -> tuple[str, tuple[int, int]]:
    """Return an image ``(C, H, W)`` as a ``data:`` URI of a PNG, with its width and height."""
    pixels = image.transpose(1, 2, 0) if len(image) == 3 else image.mean(axis=0).astype(np.uint8)
    picture = Image.fromarray(pixels)
    picture.thumbnail((LARGEST, LARGEST))
    buffer = io.BytesIO()
    picture.save(buffer, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode(), picture.size
