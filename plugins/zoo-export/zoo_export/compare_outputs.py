"""Comparison of an exported file's outputs with those of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Normalization, Pretrained, Task
from zoo_core.plugin_api import VerificationError
from zoo_export.formats import Program

# A different order of float32 sums changes a logit by less.
TOLERANCE = 1e-4
"""Maximum difference of a logit."""

BATCH = 250
"""Maximum number of images per batch, which bounds the memory."""


@dataclass(frozen=True)
class OutputComparison:
    """Differences of the outputs.

    Attributes:
        images: number of images compared.
        difference: maximum difference of a logit; nan if a logit is nan.
        labels: number of images with a different label in any head.
    """

    images: int
    difference: float
    labels: int

    @property
    def alike(self) -> bool:
        """True if all labels are equal and all logits within `TOLERANCE`."""
        # A difference of nan is not at most anything, so that a file with nan is never alike.
        return self.labels == 0 and self.difference <= TOLERANCE


def compare_outputs(
    program: Program, pretrained: Pretrained, images: NDArray[Any], *, normalization: bool
) -> OutputComparison:
    """Run a program and the model on the same images, and compare their logits.

    Raises:
        VerificationError: the program's logits have different shapes.
    """
    difference, labels = 0.0, 0
    # First a batch of one image, then full batches and a rest, because an exporter may fix the
    # batch size that it was traced with, or drop a dimension of size 1.
    starts = [0, *range(1, len(images), BATCH), len(images)]
    for start, end in pairwise(starts):
        batch = images[start:end]
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
        labels += int(_differ(pretrained.tasks, given, expected.outputs).sum())
    return OutputComparison(len(images), difference, labels)


def _differ(
    tasks: Sequence[Task], given: Sequence[NDArray[Any]], expected: Sequence[NDArray[Any]]
) -> NDArray[np.bool_]:
    """Return whether the discrete answers of any head differ, ``(N,)``."""
    differ = np.zeros(len(given[0]), np.bool_)
    for task, one, other in zip(tasks, given, expected, strict=True):
        found, wanted = (task.answers(task.predict(each)) for each in (one, other))
        if found is not None and wanted is not None:
            differ |= (found != wanted).reshape(len(found), -1).any(axis=1)
    return differ


def normalize(images: NDArray[np.uint8], normalization: Normalization) -> NDArray[np.float32]:
    """Return the input of a file without normalization: float32 ``(image / 255 - mean) / std``."""
    mean, std = (np.reshape(each, (-1, 1, 1)) for each in (normalization.mean, normalization.std))
    # In float64 until the end, so that only the result is rounded to float32.
    floats: NDArray[np.float32] = ((images / 255 - mean) / std).astype(np.float32)
    return floats
