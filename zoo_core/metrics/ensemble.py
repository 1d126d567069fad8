"""Ensembles: the mean of several models' probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zoo_core.metrics.predictions import Predictions


def ensemble_predictions(members: Sequence[Predictions]) -> Predictions:
    """Return what several models, which read the same images, read in them together.

    The probability of a class is the mean of those that the members give to it, whatever the
    scale of their logits.

    Args:
        members: the predictions of each, at least one, with the same heads and classes.
    """
    from zoo_core.metrics.predictions import predictions_of

    if len(members) == 1:
        return members[0]
    heads = zip(*(member.probabilities for member in members), strict=True)
    means = [np.mean(head, axis=0, dtype=np.float64) for head in heads]
    smallest = np.finfo(np.float32).tiny  # of which there is a logarithm
    return predictions_of([np.log(np.maximum(mean, smallest)).astype(np.float32) for mean in means])
