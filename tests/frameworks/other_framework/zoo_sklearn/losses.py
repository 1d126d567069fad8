"""Loss of the linear classifiers: a step of scikit-learn, which computes its own gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import SGDClassifier

from zoo_sklearn.model import Array


def fit_batch(classifier: SGDClassifier, x: Array, labels: NDArray[np.int64]) -> None:
    """Fit the classifier of a head to one more batch."""
    try:
        classifier.partial_fit(x, labels)
    except ValueError as exc:
        if "overflow" not in str(exc):
            raise
        classifier.coef_[:] = np.nan  # so that the loop names the step
