"""Doubts: reasons to refuse writing by its shape, as phrases."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_mnist.photos.writing import Writing

Floats = NDArray[np.float32]


def doubt_about_digit(writing: Writing, strength: Floats) -> str:
    return doubt_about(writing)


def doubt_about(writing: Writing) -> str:
    return ""
