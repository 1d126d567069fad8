"""Random numbers as pure functions of integer seeds.

NumPy promises that a bit generator's raw numbers stay the same in every version, and does not
promise it of what ``Generator`` makes of them; so everything here is made of raw numbers.
"""

from __future__ import annotations

import math
import os

import numpy as np
from numpy.typing import NDArray


def permutation(size: int, *seed: int) -> NDArray[np.int64]:
    """Return the numbers 0 … size-1 in an order that depends on nothing but the seed."""
    return np.argsort(np.random.PCG64(seed).random_raw(size), kind="stable")


def uniform(shape: tuple[int, ...], *seed: int) -> NDArray[np.float32]:
    """Return numbers from 0 to below 1 that depend on nothing but shape and seed.

    Without a seed they are the system's, other ones every time.
    """
    count = math.prod(shape)
    if seed:
        bits = np.random.PCG64(seed).random_raw(count) >> 40
    else:
        bits = np.frombuffer(os.urandom(4 * count), np.uint32) >> 8
    return (bits.astype(np.float32) * np.float32(2**-24)).reshape(shape)
