"""Golden outputs: a fixed batch of images, and the logits for it at publication.

The images depend on their shape alone, so that a model can be checked without any data set.
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
"""Pixels of a side of the squares that half of the images are made of."""

TOLERANCE = 1e-3
"""Share of the largest logit: float32 sums in another order stay far below it."""


def probe_images(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return uint8 ``(16, C, H, W)``: half noise, half squares, which convolutions see better."""
    channels, height, width = shape
    half = IMAGES // 2
    noise = uniform((half, channels, height, width), 0)
    coarse = uniform((half, channels, -(-height // BLOCK_SIZE), -(-width // BLOCK_SIZE)), 1)
    squares = coarse.repeat(BLOCK_SIZE, axis=2).repeat(BLOCK_SIZE, axis=3)[:, :, :height, :width]
    return np.concatenate([noise * 255, squares * 255]).astype(np.uint8)


def make_golden(pretrained: Pretrained) -> Golden:
    """Return what weights give for the probe images."""
    logits = pretrained.predict(probe_images(pretrained.input_shape)).logits
    # The shortest decimals that name the same float32.
    numbers = tuple(
        tuple(tuple(float(str(logit)) for logit in image) for image in head) for head in logits
    )
    return Golden(images=IMAGES, logits=numbers, tolerance=TOLERANCE)


def check_golden(pretrained: Pretrained, golden: Golden) -> float:
    """Compare what weights give with what they gave, and return how far off they are at most.

    Returns:
        The largest difference, as a share of the largest logit.

    Raises:
        VerificationError: it is more than the tolerance, or there are other heads or classes.
    """
    logits = pretrained.predict(probe_images(pretrained.input_shape)).logits
    stored = [np.array(head, np.float32) for head in golden.logits]
    shapes, due = [head.shape for head in logits], [head.shape for head in stored]
    if shapes != due:
        raise VerificationError(f"the golden forward gives logits {shapes}, the card has {due}")
    largest = max(float(np.abs(head).max()) for head in stored) or 1.0
    off = max(float(np.abs(a - b).max()) for a, b in zip(logits, stored, strict=True)) / largest
    if not off <= golden.tolerance:
        raise VerificationError(
            f"the golden forward is off by {off:.2g} of the largest logit, "
            f"{golden.tolerance:g} is allowed"
        )
    return off
