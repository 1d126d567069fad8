"""Thumbnails: images of a data set as ``data:`` URIs, with true and predicted classes."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_core import Comparison
from zoo_core.plugin_api import find_misclassified
from zoo_report.labels import labels_of
from zoo_report.misclassified_picture import to_pixels

MISCLASSIFIED = 24
"""Maximum number of misclassified images per model."""
UNCERTAIN = 12
"""Maximum number of correctly classified images per model."""
LARGEST = 96
"""Maximum width and height of a thumbnail in pixels."""


@dataclass(frozen=True)
class Thumbnail:
    """An image of the scored split, as a ``data:`` URI of a size in pixels.

    `place` names the image in its split. `confidence` is the probability by which it was chosen.
    """

    place: str
    source: str
    size: tuple[int, int]
    true: str
    predicted: str
    confidence: float = 1.0


def hardest(comparison: Comparison, member: int) -> tuple[list[Thumbnail], list[Thumbnail]]:
    """Return the most confident mistakes, and the least confident correct predictions.

    Args:
        comparison: comparison of models.
        member: index of the model whose predictions are meant.
    """
    predictions, labels = comparison.predictions[member], labels_of(comparison.targets)
    predicted = predictions.labels
    found = find_misclassified(labels, predicted, predictions.probabilities)
    every = np.arange(len(predicted))
    given = [p[every, predicted[:, i]] for i, p in enumerate(predictions.probabilities)]
    # The least certain head decides, because an image is correct only if all its heads are.
    sure = np.stack(given, axis=1).min(axis=1)  # (N,)
    right = np.flatnonzero((predicted == labels).all(axis=1))
    # "stable", so that equal probabilities give equal pages on every platform.
    uncertain = right[np.argsort(sure[right], kind="stable")][:UNCERTAIN]
    mistakes = zip(found.rows[:MISCLASSIFIED], found.confidence, strict=False)
    return (
        [_predicted(comparison, member, int(i), float(p)) for i, p in mistakes],
        [_predicted(comparison, member, int(i), float(sure[i])) for i in uncertain],
    )


def _predicted(comparison: Comparison, member: int, index: int, confidence: float) -> Thumbnail:
    return make_thumbnail(comparison, index, comparison.answers(member, index), confidence)


def make_thumbnail(
    comparison: Comparison, index: int, predicted: Sequence[str], confidence: float = 1.0
) -> Thumbnail:
    """Return a scored image with its true and predicted classes."""
    # The split may have images that are not scored, so the image is found by its row.
    row = int(comparison.rows[index])
    source, size = data_uri(comparison.scored.inputs[row])
    place = comparison.scored.key(index) or f"image {row:,} of the split, counted from 0"
    true = " ".join(comparison.truth(index))
    return Thumbnail(place, source, size, true, " ".join(predicted), confidence)


def data_uri(image: NDArray[np.uint8]) -> tuple[str, tuple[int, int]]:
    """Return an image ``(C, H, W)`` as a ``data:`` URI of a PNG, with its width and height."""
    picture = Image.fromarray(to_pixels(image))
    picture.thumbnail((LARGEST, LARGEST))  # only shrinks; CSS enlarges without blur
    buffer = io.BytesIO()  # PNG and not JPEG, because a page shows the exact pixels of small images
    picture.save(buffer, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode(), picture.size
