"""Images that are not decoded yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Picture:
    """An image file, wherever it is.

    Attributes:
        name: what it is called in errors.
        content: where it lies, or what is in it.
    """

    name: str
    content: Path | bytes

    def file(self) -> Path | BytesIO:
        return self.content if isinstance(self.content, Path) else BytesIO(self.content)


@dataclass(frozen=True)
class Pictures:
    """The images of a split, and their labels.

    Attributes:
        labels: int64 ``(N,)``.
        take: gives those of some rows, int64 ``(n,)``.
    """

    labels: NDArray[np.int64]
    take: Callable[[NDArray[np.int64]], Sequence[Picture]]

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, rows: NDArray[np.int64]) -> Pictures:
        """Return some of them."""
        return Pictures(self.labels[rows], lambda some: self.take(rows[some]))
