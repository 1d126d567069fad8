"""The data of the reference study's regression: 3a + 4b of four pairs, and five checks."""

from __future__ import annotations

import numpy as np

from zoo_core import ArrayDataset, InputSpec, Split, TargetSpec

TRAIN = {(2, 1): 10, (3, 3): 21, (4, 5): 32, (6, 6): 42}
"""Pair -> 3a + 4b."""

TEST = {(x, x): 7 * x for x in (1, 2, 3, 5, 10)}

INPUT = InputSpec(kind="features", shape=(2,), dtype="float64")

TARGET = TargetSpec(task="regression", name="3a + 4b")


def load() -> ArrayDataset:
    """Return the pairs, float64; the training pairs validate, because none can be spared."""
    train = _split(TRAIN)
    splits = {"train": train, "validation": train, "test": _split(TEST)}
    return ArrayDataset(splits, (TARGET,), input=INPUT)


def _split(pairs: dict[tuple[int, int], int]) -> Split:
    return Split(np.array([*pairs], np.float64), (np.array([*pairs.values()], np.float64),))
