"""What a model misreads in its test set, the most confident mistakes first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data import Split
from zoo_core.predictions import Predictions
from zoo_core.pretrained import Pretrained
from zoo_demo.drawing import pixels_json

BATCH = 250
"""Images that are read between two looks at whether to go on."""


@dataclass(frozen=True)
class Misread:
    """The misread images of a split.

    Attributes:
        rows: int64 ``(M,)``, which images; the one that was misread most confidently first.
        read: int64 ``(M, heads)``, what the model reads.
        confidence: float32 ``(M,)``, the probability of the label that is wrong; of several, the
            highest.
        total: number of images that were read.
    """

    rows: NDArray[np.int64]
    read: NDArray[np.int64]
    confidence: NDArray[np.float32]
    total: int

    def page(
        self, split: Split, classes: tuple[tuple[str, ...], ...], start: int, count: int
    ) -> list[dict[str, Any]]:
        """Return some of them as the page shows them."""
        return [
            {
                "row": int(row),
                "image": pixels_json(split.images[row]),
                "true": _names(split.labels[row], classes),
                "read": _names(read, classes),
                "probability": round(float(confidence), 6),
            }
            for row, read, confidence in zip(
                self.rows[start : start + count],
                self.read[start : start + count],
                self.confidence[start : start + count],
                strict=True,
            )
        ]


def find_misread(pretrained: Pretrained, split: Split, tell: Callable[[int], None]) -> Misread:
    """Let a model read all images of a split, and return those that it misreads.

    Args:
        pretrained: the model.
        split: images and labels.
        tell: called with the number of images that were read so far; may raise, to stop.
    """
    parts = []
    for start in range(0, len(split), BATCH):
        tell(start)
        images, labels = split.images[start : start + BATCH], split.labels[start : start + BATCH]
        parts.append(_misread(pretrained.predict(images), labels, start))
    rows, read, confidence = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(-confidence, kind="stable")
    return Misread(rows[order], read[order], confidence[order], len(split))


def _misread(
    predictions: Predictions, labels: NDArray[np.int64], start: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    read = predictions.labels
    wrong = read != labels
    given = [
        head[np.arange(len(read)), read[:, i]] for i, head in enumerate(predictions.probabilities)
    ]
    confidence = np.where(wrong, np.stack(given, axis=1), 0).max(axis=1)
    rows = np.flatnonzero(wrong.any(axis=1))
    return rows + start, read[rows], confidence[rows]


def _names(labels: NDArray[np.int64], classes: tuple[tuple[str, ...], ...]) -> list[str]:
    return [names[label] for names, label in zip(classes, labels, strict=True)]
