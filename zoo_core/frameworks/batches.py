"""Batches of an epoch or a step, and the minimum size of a process's shard of a batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def epoch_batches(order: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """Split the rows of an epoch, or of a step, in order, into batches of `size`.

    The last batch may be smaller. A last row that would be alone belongs to the batch before it.
    """
    # Batch normalization computes the mean and the variance of a batch, which one row does not
    # have: torch raises. Leaving the row out would leave out other examples in every epoch.
    alone = len(order) > size and len(order) % size == 1
    return np.split(order, range(size, len(order) - alone, size))


def min_shard_size(batch_size: int, processes: int) -> int:
    """Return the minimum number of rows of a process that has any rows in a step.

    It is two, because of batch normalization, or one if full batches have fewer per process.
    """
    return 2 if batch_size >= 2 * processes else 1
