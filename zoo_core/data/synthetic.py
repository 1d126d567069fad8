"""A synthetic data set: small images from integer arithmetic, the same on every machine.

A few seconds of training on it show whether a new model learns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.plugins.data_specs import class_targets

SIZE = 16
SQUARE = 4
PLACES = [(row, column) for row in ("top", "middle", "bottom") for column in ("left", "", "right")]
SIZES = {"train": 1800, "test": 450}


def load() -> ArrayDataset:
    """Return images ``(N, 3, 16, 16)`` of noise with a bright square in one of nine places."""
    splits = {name: _split(size, seed) for seed, (name, size) in enumerate(SIZES.items())}
    pixels = splits["train"].inputs.transpose(1, 0, 2, 3).reshape(3, -1) / 255
    return ArrayDataset(
        splits=splits,
        targets=class_targets([" ".join(filter(None, place)) for place in PLACES]),
        mean=tuple(map(float, pixels.mean(axis=1))),
        std=tuple(map(float, pixels.std(axis=1))),
    )


def _split(size: int, seed: int) -> Split:
    # A bit generator, because its raw numbers are the same in every version of NumPy.
    random = np.random.PCG64(seed)
    images = (_draw(random, size * 3 * SIZE * SIZE) % 128).reshape(size, 3, SIZE, SIZE)
    labels = np.arange(size) % len(PLACES)
    # Places are 5 pixels apart and a square is shifted by 0 to 2, so its corner shows the place.
    corners = (
        5 * np.stack([labels // 3, labels % 3], axis=1)
        + _draw(random, 2 * size).reshape(size, 2) % 3
    )
    colors = 64 + _draw(random, 3 * size).reshape(size, 3, 1, 1) % 64
    # At most 127 + 127: no overflow of uint8.
    for image, (top, left), color in zip(images, corners, colors, strict=True):
        image[:, top : top + SQUARE, left : left + SQUARE] += color
    return Split(images.astype(np.uint8), (labels.astype(np.int64),))


def _draw(random: np.random.PCG64, count: int) -> NDArray[np.int64]:
    """Return random numbers from 0 to 255."""
    return (random.random_raw(count) >> np.uint64(56)).astype(np.int64)
