"""Comparison of an exported file's outputs with those of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Normalization, Pretrained, Task
from zoo_core.plugin_api import VerificationError
from zoo_export.formats import Program

# A different order of float32 sums changes an output by less.
TOLERANCE = 1e-4
"""Maximum difference of an output, as a share of the largest output."""

BATCH = 250
"""Maximum number of examples per batch, which bounds the memory."""


@dataclass(frozen=True)
class OutputComparison:
    """Differences of the outputs.

    Attributes:
        images: number of examples compared.
        difference: maximum difference of an output; nan if an output is nan.
        labels: number of examples with a different answer, such as a label, in any head.
        largest: largest output of the model, without its sign.
    """

    images: int
    difference: float
    labels: int
    largest: float = field(default=1.0, compare=False)

    @property
    def alike(self) -> bool:
        """True if all answers are equal and all outputs within `TOLERANCE`."""
        # A difference of nan is not at most anything, so that a file with nan is never alike.
        return self.labels == 0 and self.difference <= TOLERANCE * self.largest


def compare_outputs(
    program: Program, pretrained: Pretrained, inputs: NDArray[Any], *, normalization: bool
) -> OutputComparison:
    """Run a program and the model on the same inputs, and compare their outputs.

    Raises:
        VerificationError: the program's outputs have different shapes.
    """
    difference, largest, labels = 0.0, 0.0, 0
    # First a batch of one example, then full batches and a rest, because an exporter may fix the
    # batch size that it was traced with, or drop a dimension of size 1.
    starts = [0, *range(1, len(inputs), BATCH), len(inputs)]
    for start, end in pairwise(starts):
        batch = inputs[start:end]
        given = program.run(batch if normalization else normalize(batch, pretrained.normalization))
        expected = pretrained.predict(batch)
        shapes = [np.shape(head) for head in given]
        wanted = [head.shape for head in expected.outputs]
        # Before the difference, because NumPy would broadcast (N, 1) to (N, classes).
        if shapes != wanted:
            raise VerificationError(
                f"exported file: expected outputs of shapes {wanted}, got {shapes}"
            )
        pairs = list(zip(given, expected.outputs, strict=True))
        gaps = [np.abs(head - own).max() for head, own in pairs]
        # Unlike max(), np.max returns nan if any value is nan.
        difference = float(np.max([difference, *gaps]))
        largest = float(np.max([largest, *(np.abs(own).max() for _, own in pairs)]))
        labels += int(_differ(pretrained.tasks, given, expected.outputs).sum())
    return OutputComparison(len(inputs), difference, labels, largest)


def _differ(
    tasks: Sequence[Task], given: Sequence[NDArray[Any]], expected: Sequence[NDArray[Any]]
) -> NDArray[np.bool_]:
    """Return whether the answer of any head differs, ``(N,)``; of one answer per example.

    Of the thousands of pixels of a mask, rounding may change one; their outputs are compared.
    """
    differ = np.zeros(len(given[0]), np.bool_)
    for task, one, other in zip(tasks, given, expected, strict=True):
        found, wanted = (task.answers(task.predict(each)) for each in (one, other))
        if found is not None and wanted is not None and found.ndim == 1:
            differ |= found != wanted
    return differ


def normalize(inputs: NDArray[Any], normalization: Normalization) -> NDArray[Any]:
    """Return the input of a file without normalization: ``(input - mean) / std``, in its dtype.

    Of images, it is float32 ``(image / 255 - mean) / std``. Tokens stay as they are.
    """
    filled, pixels = normalization.fill_missing(inputs), inputs.dtype == np.uint8
    if not pixels and not normalization.mean:
        return filled
    shape = (-1, *(1,) * (inputs.ndim - 2))
    numbers = normalization.mean or (0.0,), normalization.std or (1.0,)
    mean, std = (np.reshape(each, shape) for each in numbers)
    # In float64 until the end, so that only the result is rounded.
    floats: NDArray[Any] = (filled / (255 if pixels else 1) - mean) / std
    return floats.astype(np.float32 if pixels else inputs.dtype)
