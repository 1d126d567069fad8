"""Linear classifiers, one per head, one-vs-rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import SGDClassifier

if TYPE_CHECKING:
    from zoo_sklearn.config import Config

Array = NDArray[np.float32]


def build(config: Config) -> list[SGDClassifier]:
    inputs = math.prod(config.input_shape)
    return [_classifier(inputs, classes, config.loss) for classes in config.outputs]


def _classifier(inputs: int, classes: int, loss: str) -> SGDClassifier:
    classifier = SGDClassifier(loss=loss, learning_rate="constant", shuffle=False)
    blank = np.zeros((1, inputs), np.float32)
    return classifier.partial_fit(blank, [0], classes=np.arange(classes))  # allocates its arrays


def logits(classifier: SGDClassifier, x: Array) -> Array:
    """Return ``(N, classes)`` for inputs ``(N, pixels)``."""
    scores: Array = classifier.decision_function(x).astype(np.float32, copy=False)
    # For two classes scikit-learn returns the score of the second one only.
    return np.stack([-scores / 2, scores / 2], axis=1) if scores.ndim == 1 else scores
