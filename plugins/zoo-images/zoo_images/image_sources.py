"""Undecoded images, in files or in memory, and the labels of a split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Picture:
    """An undecoded image.

    Attributes:
        name: name of the image in errors.
        file: path of the file, or its content.
    """

    name: str
    file: Path | BytesIO


@dataclass(frozen=True)
class Pictures:
    """The images of a split and their labels.

    Attributes:
        labels: labels, int64 ``(N,)``.
        take: function that returns the images of rows, int64 ``(n,)``.
    """

    labels: NDArray[np.int64]
    take: Callable[[NDArray[np.int64]], Sequence[Picture]]

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, rows: NDArray[np.int64]) -> Pictures:
        """Return a subset, by rows."""
        # Lazily, as `take` itself: rows are mapped to rows, and no image is opened.
        return Pictures(self.labels[rows], lambda some: self.take(rows[some]))
