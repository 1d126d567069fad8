"""Golden outputs: the logits of published weights for a fixed batch of probe images.

The images are a function of their shape, so that a model can be verified without a data set.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import VerificationError
from zoo_core.pretrained.model import Pretrained
from zoo_core.system.random_numbers import uniform
from zoo_core.weights.card import Golden

IMAGES = 16
BLOCK_SIZE = 4
"""Side in pixels of the squares that half of the images consist of."""

TOLERANCE = 1e-3
"""Maximum difference of a logit, as a share of the largest logit."""
# Far above the differences of float32 sums in another order, which other processors and numbers
# of threads cause, and far below those of a wrong weight or normalization.


def probe_images(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return the probe images, uint8 ``(16, C, H, W)``: half noise, half squares."""
    # Noise alone would average out in a convolution with pooling; squares have edges.
    channels, height, width = shape
    half = IMAGES // 2
    noise = uniform((half, channels, height, width), 0)
    # Rounded up, and the surplus cut off, because a side need not be a multiple of the blocks'.
    coarse = uniform((half, channels, -(-height // BLOCK_SIZE), -(-width // BLOCK_SIZE)), 1)
    squares = coarse.repeat(BLOCK_SIZE, axis=2).repeat(BLOCK_SIZE, axis=3)[:, :, :height, :width]
    return np.concatenate([noise * 255, squares * 255]).astype(np.uint8)


def make_golden(pretrained: Pretrained) -> Golden:
    """Return the golden outputs of a model."""
    logits = pretrained.predict(probe_images(pretrained.input_shape)).logits
    # By way of `str`, which gives the shortest decimals of a float32; those of the same number as
    # a float64 would be twice as long in the card.
    numbers = tuple(
        tuple(tuple(float(str(logit)) for logit in image) for image in head) for head in logits
    )
    return Golden(images=IMAGES, logits=numbers, tolerance=TOLERANCE)


def check_golden(pretrained: Pretrained, golden: Golden) -> float:
    """Return the largest difference from golden outputs, as a share of the largest logit.

    Raises:
        VerificationError: the difference exceeds the tolerance, or heads or classes differ.
    """
    logits = pretrained.predict(probe_images(pretrained.input_shape)).logits
    stored = [np.array(head, np.float32) for head in golden.logits]
    expected, actual = [head.shape for head in stored], [head.shape for head in logits]
    if expected != actual:
        raise VerificationError(
            f"golden outputs: expected logits of shapes {expected}, got {actual}"
        )
    # Relative to the largest of all logits, because those near 0 have no digits to compare.
    largest = max(float(np.abs(head).max()) for head in stored) or 1.0
    off = max(float(np.abs(a - b).max()) for a, b in zip(logits, stored, strict=True)) / largest
    if not off <= golden.tolerance:  # in this form, because a NaN has to fail too
        raise VerificationError(
            f"golden outputs: expected a difference of at most {golden.tolerance:g} of the largest "
            f"logit, got {off:.2g}"
        )
    return off
