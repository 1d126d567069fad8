"""Changes of answers between two forms of the same weights, and the limits that publishing sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import Split
from zoo_core.errors import InvalidValueError, VerificationError
from zoo_core.evaluation.statistics import mcnemar_p
from zoo_core.frameworks.distributed import SINGLE_PROCESS
from zoo_core.frameworks.prediction import Predictor, measure_split
from zoo_core.metrics.task import Task
from zoo_core.text import counted

SIGNIFICANT = 0.05
"""Minimum p value of a loss that is published."""


@dataclass(frozen=True)
class HeadChanges:
    """The answers of one head that became wrong or correct.

    Attributes:
        total: number of examples.
        to_wrong: number of correct answers that became wrong.
        to_right: number of wrong answers that became correct.
    """

    total: int
    to_wrong: int
    to_right: int

    @property
    def lost(self) -> float:
        """Share of correct answers that was lost; negative for a gain."""
        return (self.to_wrong - self.to_right) / self.total

    @property
    def p(self) -> float:
        """P value of McNemar's exact test."""
        return mcnemar_p(self.to_wrong, self.to_right)

    def __str__(self) -> str:
        verb = "gains" if self.lost < 0 else "loses"
        return (
            f"{verb} {100 * abs(self.lost):.3g} percentage points of accuracy on {self.total:,} "
            f"examples ({counted(self.to_wrong, 'answer')} became wrong, {self.to_right:,} "
            "correct), "
            f"McNemar's p = {self.p:.2g}"
        )


def require_binary(tasks: Sequence[Task], name: str) -> None:
    """Check that each answer of a model is right or wrong.

    Raises:
        InvalidValueError: the first measure of a head is another one.
    """
    for head, task in enumerate(tasks, 1):
        if not task.measures[0].binary:
            raise InvalidValueError(
                f"head {head} of {name}: expected a task whose answers are right or wrong, such as "
                f"classification, got {task.target.task} with the measure {task.measures[0].name}",
                hint="A loss of accuracy cannot be tested for it.",
            )


def count_changes(
    before: Predictor, after: Predictor, split: Split, tasks: Sequence[Task]
) -> tuple[HeadChanges, ...]:
    """Return the changes of each head's answers for the examples of a split."""
    pairs = zip(_correct(before, split, tasks), _correct(after, split, tasks), strict=True)
    return tuple(
        HeadChanges(len(split), int((old & ~new).sum()), int((new & ~old).sum()))
        for old, new in pairs
    )


def _correct(predictor: Predictor, split: Split, tasks: Sequence[Task]) -> list[NDArray[np.bool_]]:
    measured = measure_split(predictor, split, tasks, group=SINGLE_PROCESS)
    return [
        np.asarray(head.columns[task.measures[0].name] > 0)
        for task, head in zip(tasks, measured, strict=True)
    ]


def check_changes(heads: Sequence[HeadChanges], max_loss: float, name: str, parent: str) -> None:
    """Refuse a loss of accuracy that is large, or that chance does not explain.

    Args:
        heads: changes of each head on the test examples.
        max_loss: maximum share of correct answers that a head may lose.
        name: name of the weights.
        parent: name of the weights before.

    Raises:
        VerificationError: a head loses more, or its p value is below `SIGNIFICANT`.
    """
    for number, head in enumerate(heads, 1):
        # Compared as whole examples, because a share such as 0.001 is not exact in floating point.
        too_many = head.to_wrong - head.to_right > round(max_loss * head.total, 6)
        if too_many or (head.lost > 0 and head.p < SIGNIFICANT):
            where = f"head {number} of {name}" if len(heads) > 1 else name
            raise VerificationError(
                f"{where} {head}, compared with {parent}: expected a loss of at most "
                f"{100 * max_loss:g} points, with p ≥ {SIGNIFICANT:g}",
                hint="Nothing was published. Calibrate on more --examples, or allow a larger "
                "--max-loss.",
            )
