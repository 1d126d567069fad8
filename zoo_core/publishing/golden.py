"""Golden outputs: the outputs of published weights for a fixed batch of probe inputs.

The inputs are a function of their spec, so that a model can be verified without a data set.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.normalization import Normalization
from zoo_core.errors import VerificationError
from zoo_core.plugins.data_specs import InputSpec
from zoo_core.pretrained.model import Pretrained
from zoo_core.system.random_numbers import uniform
from zoo_core.weights.card import Golden

COUNT = 16
"""Number of probe inputs."""

MAX_VALUES = 256
"""Maximum number of values on a card per input and head; of more, those at equal distances."""
# The outputs of a segmentation have as many values as the image has pixels, times the classes: the
# card of a small one would be larger than its weights.

BLOCK_SIZE = 4
"""Side in pixels of the squares that half of the images consist of."""

TOLERANCE = 1e-3
"""Maximum difference of an output, as a share of the largest one."""
# Far above the differences of float32 sums in another order, which other processors and numbers
# of threads cause, and far below those of a wrong weight or normalization.


def probe_inputs(spec: InputSpec, normalization: Normalization) -> NDArray[Any]:
    """Return the probe inputs ``(16, *shape)`` for a model.

    Images are noise and squares, tokens are random, and other numbers are within a few standard
    deviations of their mean.
    """
    if spec.kind == "image":
        return _probe_images(spec.shape)
    noise = uniform((COUNT, *spec.shape), 0)
    if spec.kind == "tokens":
        return (noise * spec.size).astype(spec.dtype)
    by_entry = (-1, *(1,) * (len(spec.shape) - 1))
    mean = np.reshape(normalization.mean or (0.0,), by_entry)
    std = np.reshape(normalization.std or (1.0,), by_entry)
    return (mean + std * (4 * noise.astype(np.float64) - 2)).astype(spec.dtype)


def _probe_images(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    # Noise alone would average out in a convolution with pooling; squares have edges.
    channels, height, width = shape
    half = COUNT // 2
    noise = uniform((half, channels, height, width), 0)
    # Rounded up, and the surplus cut off, because a side need not be a multiple of the blocks'.
    coarse = uniform((half, channels, -(-height // BLOCK_SIZE), -(-width // BLOCK_SIZE)), 1)
    squares = coarse.repeat(BLOCK_SIZE, axis=2).repeat(BLOCK_SIZE, axis=3)[:, :, :height, :width]
    return np.concatenate([noise * 255, squares * 255]).astype(np.uint8)


def make_golden(pretrained: Pretrained) -> Golden:
    """Return the golden outputs of a model."""
    return Golden(
        count=COUNT,
        outputs=tuple(_shortest(_sample(head)) for head in _outputs(pretrained)),
        tolerance=TOLERANCE,
    )


def _outputs(pretrained: Pretrained) -> list[NDArray[Any]]:
    inputs = probe_inputs(pretrained.input, pretrained.normalization)
    return pretrained.predict(inputs).outputs


def _sample(head: NDArray[Any]) -> NDArray[Any]:
    """Return outputs ``(N, …)``, or at most `MAX_VALUES` of each example, ``(N, values)``."""
    flat = head.reshape(len(head), -1)
    step = -(-flat.shape[1] // MAX_VALUES)
    return head if step == 1 else flat[:, ::step]


def _shortest(values: NDArray[Any]) -> Any:
    # By way of `str`, which gives the shortest decimals of a float32; those of the same number as
    # a float64 would be twice as long in the card.
    if values.ndim:
        return [_shortest(each) for each in values]
    return float(str(values))


def check_golden(pretrained: Pretrained, golden: Golden) -> float:
    """Return the largest difference from golden outputs, as a share of the largest output.

    Raises:
        VerificationError: the difference exceeds the tolerance, or heads or shapes differ.
    """
    whole = _outputs(pretrained)
    stored = [np.array(head, whole[0].dtype) for head in golden.outputs]
    # All outputs, if the card has all of them.
    pairs = zip(stored, whole, strict=True) if len(stored) == len(whole) else ()
    outputs = [b if a.shape == b.shape else _sample(b) for a, b in pairs] or whole
    expected, actual = [head.shape for head in stored], [head.shape for head in outputs]
    if expected != actual:
        raise VerificationError(f"golden outputs: expected shapes {expected}, got {actual}")
    # Relative to the largest of all outputs, because those near 0 have no digits to compare.
    largest = max(float(np.abs(head).max()) for head in stored) or 1.0
    off = max(float(np.abs(a - b).max()) for a, b in zip(outputs, stored, strict=True)) / largest
    if not off <= golden.tolerance:  # in this form, because a NaN has to fail too
        raise VerificationError(
            f"golden outputs: expected a difference of at most {golden.tolerance:g} of the largest "
            f"output, got {off:.2g}"
        )
    return off
