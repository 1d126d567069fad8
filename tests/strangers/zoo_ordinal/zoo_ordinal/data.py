"""Data sets of wines: six measurements each, a grade, a color and a price."""

import numpy as np
from numpy.typing import NDArray

from zoo_core import ArrayDataset, InputSpec, Split, TargetSpec

INPUT = InputSpec(kind="features", shape=(6,))
GRADE = TargetSpec(task="ordinal", name="grade", classes=("poor", "fair", "good", "fine", "superb"))
COLOR = TargetSpec(task="classification", classes=("red", "white"))
PRICE = TargetSpec(task="regression", name="price", unit="USD")

Array = NDArray[np.float32]


def wines() -> ArrayDataset:
    return _dataset(GRADE)


def bottles() -> ArrayDataset:
    return _dataset(COLOR, PRICE)


def cellar() -> ArrayDataset:
    return _dataset(GRADE, PRICE)


def _dataset(*targets: TargetSpec) -> ArrayDataset:
    splits = {"train": _split(400, 0, targets), "test": _split(150, 1, targets)}
    return ArrayDataset(splits, targets, input=INPUT)


def _split(size: int, seed: int, targets: tuple[TargetSpec, ...]) -> Split:
    # Raw numbers, because distributions may differ between versions of NumPy.
    raw = np.random.PCG64(seed).random_raw(7 * size) % 1000
    x = (raw.reshape(size, 7) / 1000).astype(np.float32)
    quality = 2 * x[:, 0] + x[:, 1] - x[:, 2] + x[:, 3] * x[:, 4] + x[:, 6] / 4
    made = {
        "ordinal": np.searchsorted([0.3, 0.9, 1.5, 2.1], quality),
        "classification": (x[:, 0] + x[:, 5] > 1).astype(np.int64),
        "regression": 10 + 20 * quality,
    }
    return Split(x[:, :6].copy(), tuple(made[target.task] for target in targets))
