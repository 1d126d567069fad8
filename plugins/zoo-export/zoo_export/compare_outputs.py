"""Compare the outputs of an exported file with those of the model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zoo_core import Normalization, Pretrained
from zoo_core.plugin_api import VerificationError
from zoo_export.formats import Program

TOLERANCE = 1e-4
"""How far a logit may be from zoo's. Sums of float32 in another order move it by less."""

BATCH = 250
"""Images that are read at once: little memory, whatever the model."""


@dataclass(frozen=True)
class OutputComparison:
    """A file's answers beside zoo's.

    Attributes:
        images: how many were read.
        difference: the greatest of any two logits.
        labels: how many images have another label, in any head.
    """

    images: int
    difference: float
    labels: int

    @property
    def alike(self) -> bool:
        """Whether the file may take zoo's place."""
        return self.labels == 0 and self.difference <= TOLERANCE


def compare_outputs(
    program: Program, pretrained: Pretrained, images: NDArray[np.uint8], *, normalization: bool
) -> OutputComparison:
    """Let a program and zoo read images: one by itself, then batch by batch, the last any size.

    Raises:
        VerificationError: the program gives no logits such as zoo's.
    """
    difference, labels = 0.0, 0
    starts = [0, *range(1, len(images), BATCH), len(images)]
    for start, end in pairwise(starts):
        batch = images[start:end]
        given = program.run(batch if normalization else normalize(batch, pretrained.normalization))
        expected = pretrained.predict(batch)
        shapes = [np.shape(head) for head in given]
        if shapes != (due := [head.shape for head in expected.logits]):
            raise VerificationError(f"the file gives arrays of the shapes {shapes}, zoo {due}")
        pairs = list(zip(given, expected.logits, strict=True))
        gaps = [np.abs(head - zoos).max() for head, zoos in pairs]
        difference = float(np.max([difference, *gaps]))  # NaN, if there is one
        read = np.stack([head.argmax(axis=1) for head in given], axis=1)
        labels += int((read != expected.labels).any(axis=1).sum())
    return OutputComparison(len(images), difference, labels)


def normalize(images: NDArray[np.uint8], normalization: Normalization) -> NDArray[np.float32]:
    """Return what a file without normalization takes: float32 ``(image / 255 - mean) / std``."""
    mean, std = (np.reshape(each, (-1, 1, 1)) for each in (normalization.mean, normalization.std))
    floats: NDArray[np.float32] = ((images / 255 - mean) / std).astype(np.float32)
    return floats
