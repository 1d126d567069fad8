"""Ensembles: the mean of several models' probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_core.metrics.predictions import Predictions, predictions_of


def ensemble_predictions(members: Sequence[Predictions]) -> Predictions:
    """Return the ensemble's predictions: the mean of the members' probabilities.

    Args:
        members: predictions of each model for the same images, with the same heads and classes.
    """
    if len(members) == 1:
        return members[0]
    # Probabilities and not logits, because the scales of two models' logits may differ.
    heads = zip(*(member.probabilities for member in members), strict=True)
    means = [np.mean(head, axis=0, dtype=np.float64) for head in heads]
    smallest = np.finfo(np.float32).tiny  # instead of 0, whose logarithm is not finite
    # Logarithms of probabilities are logits of the same distribution: the softmax inverts them.
    return predictions_of([np.log(np.maximum(mean, smallest)).astype(np.float32) for mean in means])
