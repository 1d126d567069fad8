"""The mutable state of a training, and its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.scores import Scores
from zoo_core.weights.file import Tensors


@dataclass(frozen=True)
class FitResult:
    """What is kept of a training: an epoch, chosen on the validation split if at all."""

    epoch: int
    weights: Tensors
    train: Scores
    """Over the epoch's batches, each before its step."""
    validation: Scores
    seconds: float = 0.0
    """Of the whole training, once it is done."""


@dataclass
class TrainingState:
    """With the learner's state, all that the rest of a training depends on.

    Attributes:
        epoch: the epoch under way, from 1; above the recipe's number of epochs when all are done.
        step: how many of its steps are made.
        logits: float32 ``(images, classes)``, one array a head: what those steps gave; empty
            before the first.
        kept: the best of the finished epochs, or the last, as the recipe says.
        history: the metrics of the finished epochs.
        seconds: how long it took until here.
    """

    epoch: int = 1
    step: int = 0
    logits: list[NDArray[np.float32]] = field(default_factory=list)
    kept: FitResult | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
