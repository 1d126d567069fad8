"""Loss of the toy models: softmax and cross-entropy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import softmax


def cross_entropy(outputs: NDArray[np.float32], targets: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the gradient of each example's loss with respect to its outputs."""
    with np.errstate(all="ignore"):  # because a test lets it diverge
        gradient = softmax(outputs)
    gradient[np.arange(len(targets)), targets] -= 1
    return gradient
