"""Predictions: labels and class probabilities from logits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.scores import softmax


@dataclass(frozen=True)
class Predictions:
    """What a model reads in N images.

    Attributes:
        labels: int64 ``(N, heads)``, the most probable class of each head.
        probabilities: one float32 ``(N, classes)`` a head.
        logits: likewise, before the softmax.
    """

    labels: NDArray[np.int64]
    probabilities: list[NDArray[np.float32]]
    logits: list[NDArray[np.float32]]


def predictions_of(logits: Sequence[NDArray[np.float32]]) -> Predictions:
    """Return what logits, one ``(N, classes)`` a head, say."""
    return Predictions(
        labels=np.stack([head.argmax(axis=1) for head in logits], axis=1),
        probabilities=[softmax(head) for head in logits],
        logits=list(logits),
    )
