"""Labels and class names of classification, with all heads in one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import TargetSpec, Task


def are_classes(targets: Sequence[TargetSpec]) -> bool:
    """Return whether every head is for classification."""
    return all(target.task == "classification" for target in targets)


def labels_of(targets: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """Return the targets of all heads as labels ``(N, heads)``."""
    return np.stack(targets, axis=1)


def classes_of(tasks: Sequence[Task]) -> list[tuple[str, ...]]:
    """Return the class names of each head."""
    return [task.target.classes for task in tasks]
