"""Familiarity of images: the probability that an image is like those of a data set.

Two tests see an image as means of 2×2 pixels. The Mahalanobis distance to the training images
notices ink where digits have none, as clothes and textures do. A small network, trained on digits
and on other shapes that are drawn with a pen, notices letters, symbols and scribbles. An image is
as familiar as the stricter of the two finds it. ``benchmarks/familiarity`` fits both.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

FOLDER = Path(__file__).parent / "data" / "familiarity"

RIDGE = 1e-4
"""Variance that is added to each mean of 2×2 pixels, on a scale from 0 to 1: that of noise."""

USUAL, STRANGE, STEEPNESS = 0.95, 0.995, 4.0
"""The log-odds of a distance fall by `STEEPNESS` from the first of these quantiles of the training
images' distances to the second, and reach 0 at `BEYOND` times the second."""
BEYOND = 1.2

LAYERS = ("1", "2", "3")

Floats = NDArray[np.float64]
Statistics = Mapping[str, NDArray[np.float32]]


def mnist(images: NDArray[np.uint8]) -> Floats:
    """Return the familiarity of images ``(N, 1, 28, 28)`` to MNIST's, ``(N,)``."""
    stored, pooled = _statistics("mnist"), pool(images)
    return _sigmoid(np.minimum(_distance_odds(pooled, stored), _network_odds(pooled, stored)))


def two_digit_mnist(images: NDArray[np.uint8]) -> Floats:
    """Return the familiarity of images ``(N, 1, 42, 28)`` to two-digit-mnist's, ``(N,)``."""
    return _sigmoid(_distance_odds(pool(images), _statistics("two-digit-mnist")))


def pool(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the means of 2×2 pixels of images ``(N, 1, H, W)`` from 0 to 1, ``(N, D)``."""
    count, _, height, width = images.shape
    # Sums of integers, which no order of the additions changes.
    squares = images.reshape(count, height // 2, 2, width // 2, 2).astype(np.uint16)
    sums: NDArray[np.float32] = (
        squares.sum(axis=(2, 4)).reshape(count, height // 2 * (width // 2)).astype(np.float32)
    )
    return sums / np.float32(4 * 255)


def fit_distances(images: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """Return the statistics of training images ``(N, 1, H, W)``, as they are stored.

    ``mean`` is of the means of 2×2 pixels, ``(D,)``; ``whitening``, ``(D, D)``, makes them
    uncorrelated, with a variance of 1; ``quantiles`` are those of the squared distances.
    """
    means = pool(images)
    mean = means.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(np.cov(means.T.astype(np.float64)))
    whitening = directions / np.sqrt(variances + RIDGE)
    # 16 bits, because no decision depends on a thousandth of a distance.
    stored = {"mean": mean.astype(np.float16), "whitening": whitening.astype(np.float16)}
    distances = _squared_distances(means, stored["mean"], stored["whitening"])
    quantiles = np.quantile(distances, (USUAL, STRANGE)).astype(np.float32)
    return {**stored, "quantiles": quantiles}


def _distance_odds(pooled: NDArray[np.float32], stored: Statistics) -> Floats:
    usual, strange = stored["quantiles"].tolist()
    distances = _squared_distances(pooled, stored["mean"], stored["whitening"])
    odds: Floats = (BEYOND * strange - distances) * (STEEPNESS / (strange - usual))
    return odds


def _squared_distances(
    pooled: NDArray[np.float32], mean: NDArray[Any], whitening: NDArray[Any]
) -> Floats:
    whitened = (pooled - mean.astype(np.float32)) @ whitening.astype(np.float32)
    distances: Floats = np.square(whitened).sum(axis=1, dtype=np.float64)
    return distances


def _network_odds(pooled: NDArray[np.float32], stored: Statistics) -> Floats:
    """Return the log-odds of the network: linear layers with ReLU between them."""
    hidden = pooled
    for layer in LAYERS:
        hidden = hidden @ stored[f"weight{layer}"].T + stored[f"bias{layer}"]
        if layer != LAYERS[-1]:
            hidden = np.maximum(hidden, 0)
    odds: Floats = hidden[:, 0].astype(np.float64)
    return odds


def _sigmoid(odds: Floats) -> Floats:
    powers = np.exp(-np.abs(odds))  # which cannot overflow
    shares: Floats = np.where(odds > 0, 1, powers) / (1 + powers)
    return shares


@cache
def _statistics(dataset: str) -> Statistics:
    stored = load_file(FOLDER / f"{dataset}.safetensors")
    return {name: array.astype(np.float32) for name, array in stored.items()}
