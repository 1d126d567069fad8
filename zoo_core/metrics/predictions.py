"""Predictions: labels and class probabilities from logits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.scores import softmax


@dataclass(frozen=True)
class Predictions:
    """Predictions for N images.

    Attributes:
        labels: int64 ``(N, heads)``, the most probable class of each head.
        probabilities: float32 ``(N, classes)``, one array per head.
        logits: float32 ``(N, classes)``, one array per head, before the softmax.
    """

    labels: NDArray[np.int64]
    probabilities: list[NDArray[np.float32]]
    logits: list[NDArray[np.float32]]


def predictions_of(logits: Sequence[NDArray[np.float32]]) -> Predictions:
    """Return the predictions of logits ``(N, classes)``, one array per head."""
    # The labels come from the logits, because the softmax may round two of them to equal
    # probabilities.
    return Predictions(
        labels=np.stack([head.argmax(axis=1) for head in logits], axis=1),
        probabilities=[softmax(head) for head in logits],
        logits=list(logits),
    )


def class_names(
    labels: Sequence[int] | NDArray[np.int64], classes: Sequence[Sequence[str]]
) -> list[str]:
    """Return the class name of each head's label.

    Args:
        labels: one label per head.
        classes: the names of each head's classes.
    """
    return [names[label] for names, label in zip(classes, labels, strict=True)]


def format_probability(probability: float) -> str:
    """Return a probability as a percentage; more than 99.9 % is not rounded to certainty."""
    return "> 99.9%" if probability > 0.999 else f"{probability:.1%}"
