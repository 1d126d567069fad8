"""Random numbers as pure functions of integer seeds."""

from __future__ import annotations

import math
import os

import numpy as np
from numpy.typing import NDArray

# Everything here uses raw numbers of a bit generator, because NumPy keeps their stream stable
# across versions (NEP 19) and does not promise it for the methods of `Generator`.


def permutation(size: int, *seed: int) -> NDArray[np.int64]:
    """Return the numbers 0 … size-1 in an order that is a function of the seed."""
    # Sorting raw numbers permutes uniformly unless two of the 64-bit numbers are equal. A stable
    # sort makes even that case the same on every platform.
    return np.argsort(np.random.PCG64(seed).random_raw(size), kind="stable")


def permutations(count: int, size: int, *seed: int) -> NDArray[np.int64]:
    """Return permutations of 0 … size-1, ``(count, size)``, that are a function of the seed."""
    bits = np.random.PCG64(seed).random_raw(count * size).reshape(count, size)
    return np.argsort(bits, axis=1, kind="stable")


def uniform(shape: tuple[int, ...], *seed: int) -> NDArray[np.float32]:
    """Return numbers in [0, 1) that are a function of shape and seed.

    Without a seed, they come from the operating system and differ with every call.
    """
    count = math.prod(shape)
    if seed:
        bits = np.random.PCG64(seed).random_raw(count) >> 40  # the upper 24 of 64 bits
    else:
        bits = np.frombuffer(os.urandom(4 * count), np.uint32) >> 8  # 24 of 32 bits
    # 24 bits fit float32's significand, so the product is exact and never rounds up to 1.
    return (bits.astype(np.float32) * np.float32(2**-24)).reshape(shape)
