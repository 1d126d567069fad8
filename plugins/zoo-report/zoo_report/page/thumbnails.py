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
from zoo_core.plugin_api import class_names, find_misclassified
from zoo_report.heads.confidence import calibrated_predictions
from zoo_report.heads.inputs import input_text
from zoo_report.heads.results import Examples, compared_examples
from zoo_report.misclassified_picture import to_pixels
from zoo_report.views.table import CLASSES

MISCLASSIFIED = 24
"""Maximum number of misclassified images per model."""
UNCERTAIN = 12
"""Maximum number of correctly classified images per model."""
LARGEST = 96
"""Maximum width and height of a thumbnail in pixels."""


@dataclass(frozen=True)
class Thumbnail:
    """An example of the scored split, an image as a ``data:`` URI of a size in pixels.

    `place` names the example in its split. `confidence` is the probability by which it was chosen.
    `text` is the input of an example that is not an image, whose `source` is empty.
    """

    place: str
    source: str
    size: tuple[int, int]
    true: str
    predicted: str
    confidence: float = 1.0
    text: str = ""


def hardest(comparison: Comparison, member: int) -> tuple[list[Thumbnail], list[Thumbnail]]:
    """Return the most confident mistakes, and the least confident correct predictions.

    Args:
        comparison: comparison of models; its heads for other tasks than classes do not matter.
        member: index of the model whose predictions are meant.
    """
    tasks = comparison.tasks
    heads = [i for i, task in enumerate(tasks) if task.target.task == CLASSES]
    predictions = calibrated_predictions(comparison, member)
    labels = np.stack([comparison.targets[i] for i in heads], axis=1)
    predicted = np.stack([predictions.heads[i].labels for i in heads], axis=1)
    probabilities = [predictions.heads[i].probabilities for i in heads]
    found = find_misclassified(labels, predicted, probabilities)
    every = np.arange(len(predicted))
    chosen = [p[every, predicted[:, i]] for i, p in enumerate(probabilities)]
    # The least certain head decides, because an image is correct only if all its heads are.
    sure = np.stack(chosen, axis=1).min(axis=1)  # (N,)
    right = np.flatnonzero((predicted == labels).all(axis=1))
    # "stable", so that equal probabilities give equal pages on every platform.
    uncertain = right[np.argsort(sure[right], kind="stable")][:UNCERTAIN]
    mistakes = zip(found.rows[:MISCLASSIFIED], found.confidence, strict=False)
    classes = [tasks[i].target.classes for i in heads]

    def tile(index: int, confidence: float) -> Thumbnail:
        true, given = (class_names(each[index], classes) for each in (labels, predicted))
        return make_thumbnail(comparison, index, true, given, confidence)

    return (
        [tile(int(i), float(p)) for i, p in mistakes],
        [tile(int(i), float(sure[i])) for i in uncertain],
    )


def make_thumbnail(
    comparison: Comparison,
    index: int,
    true: Sequence[str],
    predicted: Sequence[str],
    confidence: float = 1.0,
) -> Thumbnail:
    """Return a scored example with its true and predicted answers."""
    examples = compared_examples(comparison)
    source, size = picture_of(examples, index) if examples.are_images else ("", (0, 0))
    # The split may have images that are not scored, so the image is found by its row.
    text = input_text(examples.spec, examples.input(index))
    place = examples.place(index)
    return Thumbnail(place, source, size, " ".join(true), " ".join(predicted), confidence, text)


def picture_of(examples: Examples, index: int) -> tuple[str, tuple[int, int]]:
    """Return a scored image as a ``data:`` URI, with its width and height."""
    return data_uri(examples.input(index))


def data_uri(image: NDArray[np.uint8]) -> tuple[str, tuple[int, int]]:
    """Return an image ``(C, H, W)`` as a ``data:`` URI of a PNG, with its width and height."""
    picture = Image.fromarray(to_pixels(image))
    picture.thumbnail((LARGEST, LARGEST))  # only shrinks; CSS enlarges without blur
    buffer = io.BytesIO()  # PNG and not JPEG, because a page shows the exact pixels of small images
    picture.save(buffer, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode(), picture.size
