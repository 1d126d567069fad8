"""The mutable state of a training, and its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from zoo_core.metrics.scores import Scores
from zoo_core.metrics.task import Measured
from zoo_core.weights.card_course import EndDecision
from zoo_core.weights.file import Tensors

Rank = tuple[float, float]
"""Numbers that order epochs by their validation (`zoo_core.metrics.scores.rank`)."""


@dataclass(frozen=True)
class FitResult:
    """The epoch that a training keeps: its weights and scores."""

    epoch: int
    weights: Tensors
    train: Scores
    """Scores over the epoch's batches, each predicted before its step."""
    # Scored while training, because a second pass over the training examples would take as long
    # as a third of the epoch itself. So they lag the weights, and dropout and warps are on.
    validation: Scores
    rank: Rank = (0.0, 0.0)
    seconds: float = 0.0
    """Seconds of the whole training; 0 until it is done."""
    ended: tuple[EndDecision, ...] = ()
    """Decisions about the end of the training; none until it is done."""


@dataclass
class TrainingState:
    """The state that, with the learner's, decides the rest of a training.

    Attributes:
        epoch: the current epoch, from 1; above the recipe's number of epochs when all are done.
        step: number of finished steps of the epoch.
        measured: measures of those steps' outputs, one entry per head; empty before the first.
        kept: the best of the finished epochs, or the last one, as the recipe requires.
        history: metrics of the finished epochs.
        seconds: seconds of training so far, over all processes that it was resumed in.
        ranks: ranks of the finished epochs.
        ends: decisions about the end of the training.
    """

    # No generator's state: what is random in a step is a function of (seed, epoch, step).
    epoch: int = 1
    step: int = 0
    # Kept for a checkpoint in mid-epoch, because training scores cover the whole epoch. Measures
    # and not outputs, because these grow with the number of classes.
    measured: list[Measured] = field(default_factory=list)
    kept: FitResult | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    ranks: list[Rank] = field(default_factory=list)
    ends: list[EndDecision] = field(default_factory=list)

    def last_epoch(self, epochs: int) -> int:
        """Return the last of `epochs` epochs, as far as it has been decided."""
        return self.ends[-1].last if self.ends else epochs
