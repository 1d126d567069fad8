"""Misclassified test images of a model, the most confident mistakes first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Pretrained, Split
from zoo_core.plugin_api import Misclassified, find_misclassified
from zoo_demo.drawing import pixels_json

BATCH = 250
"""Images that are read between two looks at whether to go on."""


@dataclass(frozen=True)
class MisclassifiedImages:
    """What a model misreads in a split.

    Attributes:
        misread: which images, the one that was misread most confidently first.
        read: int64 ``(N, heads)``, what the model reads in all images.
    """

    misread: Misclassified
    read: NDArray[np.int64]

    def page(
        self, split: Split, classes: tuple[tuple[str, ...], ...], start: int, count: int
    ) -> list[dict[str, Any]]:
        """Return some of them as the page shows them."""
        shown = slice(start, start + count)
        return [
            {
                "row": int(row),
                "image": pixels_json(split.images[row]),
                "true": _names(split.labels[row], classes),
                "read": _names(self.read[row], classes),
                "probability": round(float(confidence), 6),
            }
            for row, confidence in zip(
                self.misread.rows[shown], self.misread.confidence[shown], strict=True
            )
        ]


def find_misclassified_images(
    pretrained: Pretrained, split: Split, tell: Callable[[int], None]
) -> MisclassifiedImages:
    """Let a model read all images of a split, and return what it misreads.

    Args:
        pretrained: the model.
        split: images and labels.
        tell: called with the number of images that were read so far; may raise, to stop.
    """
    parts = []
    for start in range(0, len(split), BATCH):
        tell(start)
        parts.append(pretrained.predict(split.images[start : start + BATCH]))
    read = np.concatenate([part.labels for part in parts])
    heads = zip(*(part.probabilities for part in parts), strict=True)
    return MisclassifiedImages(
        find_misclassified(split.labels, read, [*map(np.concatenate, heads)]), read
    )


def _names(labels: NDArray[np.int64], classes: tuple[tuple[str, ...], ...]) -> list[str]:
    return [names[label] for names, label in zip(classes, labels, strict=True)]
