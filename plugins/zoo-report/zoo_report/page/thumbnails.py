"""Thumbnails: images of a data set as ``data:`` URIs, with true and predicted classes."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_core import Predictions, Split
from zoo_core.plugin_api import class_names, find_misclassified
from zoo_report.misclassified_picture import to_pixels

MISCLASSIFIED = 24
"""Maximum number of misclassified images per model."""
UNCERTAIN = 12
"""Maximum number of correctly classified images per model."""
LARGEST = 96
"""Maximum width and height of a thumbnail in pixels."""


@dataclass(frozen=True)
class Thumbnail:
    """An image with its row in the split, as a ``data:`` URI of a size in pixels.

    `confidence` is the probability by which it was chosen.
    """

    row: int
    source: str
    size: tuple[int, int]
    true: str
    predicted: str
    confidence: float = 1.0


def hardest(
    split: Split, predictions: Predictions, classes: Sequence[Sequence[str]]
) -> tuple[list[Thumbnail], list[Thumbnail]]:
    """Return the most confident mistakes, and the least confident correct predictions.

    Args:
        split: images with their true classes.
        predictions: predictions of a model for these images.
        classes: names of the classes, per head.
    """
    predicted, labels = predictions.labels, split.labels
    found = find_misclassified(labels, predicted, predictions.probabilities)
    rows = np.arange(len(predicted))
    given = [p[rows, predicted[:, i]] for i, p in enumerate(predictions.probabilities)]
    # The least certain head decides, because an image is correct only if all its heads are.
    sure = np.stack(given, axis=1).min(axis=1)  # (N,)
    right = np.flatnonzero((predicted == labels).all(axis=1))
    # "stable", so that equal probabilities give equal pages on every platform.
    uncertain = right[np.argsort(sure[right], kind="stable")][:UNCERTAIN]
    mistakes = zip(found.rows[:MISCLASSIFIED], found.confidence, strict=False)
    return (
        [make_thumbnail(split, int(i), predicted[i], classes, float(p)) for i, p in mistakes],
        [make_thumbnail(split, int(i), predicted[i], classes, float(sure[i])) for i in uncertain],
    )


def make_thumbnail(
    split: Split,
    row: int,
    predicted: NDArray[np.int64],
    classes: Sequence[Sequence[str]],
    confidence: float = 1.0,
) -> Thumbnail:
    """Return an image of a split with its true and predicted classes."""
    source, size = data_uri(split.images[row])
    true = " ".join(class_names(split.labels[row], classes))
    return Thumbnail(row, source, size, true, " ".join(class_names(predicted, classes)), confidence)


def data_uri(image: NDArray[np.uint8]) -> tuple[str, tuple[int, int]]:
    """Return an image ``(C, H, W)`` as a ``data:`` URI of a PNG, with its width and height."""
    picture = Image.fromarray(to_pixels(image))
    picture.thumbnail((LARGEST, LARGEST))  # only shrinks; CSS enlarges without blur
    buffer = io.BytesIO()  # PNG and not JPEG, because a page shows the exact pixels of small images
    picture.save(buffer, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode(), picture.size
