"""Familiarity of images: their Mahalanobis distance to the training images of a data set.

The distance counts how unlikely the means of 2×2 pixels are if those of the training images had a
normal distribution. Clothes, for instance, fill pixels that digits leave black.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

FOLDER = Path(__file__).parent / "data" / "familiarity"

RIDGE = 1e-4
"""Variance that is added to each mean of 2×2 pixels, on a scale from 0 to 1: that of noise."""

Floats = NDArray[np.float64]


def mnist(images: NDArray[np.uint8]) -> Floats:
    """Return the familiarity of images ``(N, 1, 28, 28)`` to MNIST's, ``(N,)``."""
    return _familiarity(images, "mnist")


def two_digit_mnist(images: NDArray[np.uint8]) -> Floats:
    """Return the familiarity of images ``(N, 1, 42, 28)`` to two-digit-mnist's, ``(N,)``."""
    return _familiarity(images, "two-digit-mnist")


def fit(images: NDArray[np.uint8]) -> dict[str, NDArray[np.float16]]:
    """Return the statistics of training images ``(N, 1, H, W)``, as they are stored.

    ``mean`` is of the means of 2×2 pixels, ``(D,)``; ``whitening``, ``(D, D)``, makes them
    uncorrelated, with a variance of 1.
    """
    means = _pool(images)
    mean = means.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(np.cov(means.T.astype(np.float64)))
    whitening = directions / np.sqrt(variances + RIDGE)
    # 16 bits, because no decision depends on a thousandth of a distance.
    return {"mean": mean.astype(np.float16), "whitening": whitening.astype(np.float16)}


def _familiarity(images: NDArray[np.uint8], dataset: str) -> Floats:
    mean, whitening = _statistics(dataset)
    distances: Floats = -np.square((_pool(images) - mean) @ whitening).sum(axis=1, dtype=np.float64)
    return distances


@cache
def _statistics(dataset: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    stored = load_file(FOLDER / f"{dataset}.safetensors")
    return stored["mean"].astype(np.float32), stored["whitening"].astype(np.float32)


def _pool(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the means of 2×2 pixels from 0 to 1, ``(N, D)``."""
    count, _, height, width = images.shape
    # Sums of integers, which no order of the additions changes.
    squares = images.reshape(count, height // 2, 2, width // 2, 2).astype(np.uint16)
    sums: NDArray[np.float32] = squares.sum(axis=(2, 4)).reshape(count, -1).astype(np.float32)
    return sums / np.float32(4 * 255)
