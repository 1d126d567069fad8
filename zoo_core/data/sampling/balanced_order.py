"""The order of an epoch with equally many examples of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.system.random_numbers import permutation, permutations

SALT = 1_000_003
"""Last number of a draw's seed, which no other draw of random numbers has there."""

BLOCK = 4096
"""Examples that are drawn at a time, if a class has fewer."""
# Because a class with a single example is repeated thousands of times.


def has_class(targets: NDArray[Any]) -> bool:
    """Return whether the targets of a head are classes, one per example."""
    return targets.dtype == np.int64 and targets.ndim == 1


def joint_classes(targets: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """Return a number from 0 per example, equal for examples with the same class in every head.

    Args:
        targets: one array per head, of which those without classes are ignored.
    """
    numbers = np.zeros(len(targets[0]), np.int64)
    for each in filter(has_class, targets):
        _, own = np.unique(each, return_inverse=True)
        # Numbered anew after each head, so that the product stays small.
        _, numbers = np.unique(numbers * (own.max() + 1) + own, return_inverse=True)
    return numbers


def balanced_order(classes: NDArray[np.int64], seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the examples of an epoch: as many as there are, equally many of each class.

    The examples of a class are drawn in permutations, one after the other, and each epoch continues
    where the one before it ended: rare classes are repeated, and of frequent ones, every example
    comes up in the course of several epochs.

    Args:
        classes: number of each example's class, ``(N,)``, all from 0 to K-1.
        seed: seed of the draw.
        epoch: number of the epoch, from 1.

    Returns:
        Numbers of examples, ``(N,)``; the numbers of two classes' examples differ by at most 1.
    """
    counts = np.bincount(classes)
    members = np.split(np.argsort(classes, kind="stable"), np.cumsum(counts)[:-1])
    quota, more = divmod(len(classes), len(counts))
    drawn = [
        _draw(each, epoch, quota + (number < more), seed, number)
        for number, each in enumerate(members)
    ]
    return np.concatenate(drawn)[permutation(len(classes), seed, epoch)]


def _draw(members: NDArray[np.int64], epoch: int, count: int, *seed: int) -> NDArray[np.int64]:
    """Return the members that an epoch has of a class, `count` in every epoch."""
    block = len(members) * max(1, BLOCK // len(members))  # of whole permutations
    start, stop = (epoch - 1) * count, epoch * count
    first, last = start // block, (stop - 1) // block
    places = [
        permutations(block // len(members), len(members), *seed, number, SALT).ravel()
        for number in range(first, last + 1)
    ]
    return members[np.concatenate(places)[start - first * block : stop - first * block]]
