"""Normalization of input images, and concatenation of outputs per head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zoo_core import Normalization
from zoo_numpy.layers import Array
from zoo_numpy.warp import warp

if TYPE_CHECKING:
    from zoo_core.plugin_api import Positions


def normalize(
    images: NDArray[np.uint8], normalization: Normalization, warps: Positions | None = None
) -> NDArray[np.float32]:
    """Return uint8 images ``(N, C, H, W)`` as warped and normalized float32 images."""
    floats = images.astype(np.float32)
    if warps is not None:
        floats = warp(floats, warps)  # before normalization, because pixels outside are black: 0
    # (x/255 - mean)/std as one product and one difference per pixel. The factors are computed in
    # float64 and rounded once; in place, because a temporary array is as large as the batch.
    std = np.array(normalization.std).reshape(-1, 1, 1)  # (C, 1, 1)
    mean = np.array(normalization.mean).reshape(-1, 1, 1)
    floats *= (1 / (255 * std)).astype(np.float32)
    floats -= (mean / std).astype(np.float32)
    return floats


def concatenate_heads(outputs: Sequence[list[Array]]) -> list[NDArray[np.float32]]:
    """Return the logits of several batches as one array per head."""
    return [np.concatenate(heads) for heads in zip(*outputs, strict=True)]
