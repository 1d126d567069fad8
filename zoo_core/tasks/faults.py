"""Faults in targets, as the text of an error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.task import Array


def first_wrong(targets: Array, wrong: NDArray[np.bool_]) -> str:
    """Return ``VALUE in example NUMBER, counted from 0`` for the first value that is wrong."""
    row = int(wrong.reshape(len(wrong), -1).any(axis=1).argmax())
    return f"{targets[wrong][0]} in example {row}, counted from 0"
