"""Scores and answers of published weights, which a verification computes again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import Split
from zoo_core.errors import VerificationError
from zoo_core.frameworks.prediction import CHUNK_MULTIPLE, iter_outputs
from zoo_core.metrics.calibration import Calibration, CalibrationTest
from zoo_core.metrics.calibration_check import CalibrationCheck
from zoo_core.metrics.scores import Scores, concatenate, measure, score
from zoo_core.metrics.task import Task
from zoo_core.metrics.task_contract import predict_head
from zoo_core.pretrained.model import Pretrained
from zoo_core.system.progress.progress_bar import track

TOLERANCE = 1e-3
"""Maximum relative difference of a metric whose predictions are not discrete."""
# As that of golden outputs: far above the differences of float32 sums in another order.


@dataclass(frozen=True)
class Answers:
    """The scores of a model on a split, and the checksum of its discrete answers.

    Attributes:
        scores: the scores.
        sha256: checksum of the answers, int64, little-endian: ``(N, heads)`` if each head has one
            per example, otherwise those of each head in turn. Heads whose predictions are not
            discrete have none.
        exact: whether each head's answers are discrete.
        calibration: result of the calibration; None for weights without one.
    """

    scores: Scores
    sha256: str
    exact: tuple[bool, ...]
    calibration: CalibrationTest | None = None


def compute_answers(pretrained: Pretrained, split: Split) -> Answers:
    """Predict a split, and return scores and answers."""
    tasks = pretrained.tasks
    parts, digest, calibration = [], _Digest(), pretrained.calibration
    check = CalibrationCheck(tasks, calibration) if calibration else None
    chunks = iter_outputs(
        pretrained.predictor,
        split.inputs,
        size=CHUNK_MULTIPLE,  # small ones, because the bar advances after each
    )
    text = f"Predicting with {pretrained.name.partition('@')[0]}"
    for place, outputs in track(chunks, len(split), text, done=lambda chunk: chunk[0].stop):
        targets = [each[place] for each in split.targets]
        parts.append(measure(tasks, outputs, targets))
        digest.update(_discrete(tasks, outputs))
        if check:
            check.add(outputs, targets, pretrained.familiarity(split.inputs[place]))
    scores = score(tasks, concatenate(parts))
    return Answers(scores, digest.hexdigest(), digest.exact, check.result() if check else None)


def _discrete(
    tasks: Sequence[Task], outputs: Sequence[NDArray[Any]]
) -> list[NDArray[np.int64] | None]:
    heads = zip(tasks, outputs, strict=True)
    return [task.answers(predict_head(task, head)) for task, head in heads]


class _Digest:
    """The checksum of answers that come in chunks."""

    def __init__(self) -> None:
        self._stacked = hashlib.sha256()
        self._heads: list[Any] = []
        self.exact: tuple[bool, ...] = ()
        self._is_flat = True

    def update(self, heads: list[NDArray[np.int64] | None]) -> None:
        self.exact = tuple(head is not None for head in heads)
        self._heads = self._heads or [hashlib.sha256() for _ in heads]
        # Little-endian, so that the checksum is the same on every machine.
        arrays = [None if head is None else np.ascontiguousarray(head, "<i8") for head in heads]
        for digest, array in zip(self._heads, arrays, strict=True):
            if array is not None:
                digest.update(array.tobytes())
        flat = [array for array in arrays if array is not None and array.ndim == 1]
        if len(flat) == len(arrays):
            self._stacked.update(np.stack(flat, axis=1).tobytes())
        else:
            self._is_flat = False

    def hexdigest(self) -> str:
        if self._is_flat:
            return self._stacked.hexdigest()
        of_heads = [digest.hexdigest() for digest in self._heads]
        return hashlib.sha256(" ".join(of_heads).encode()).hexdigest()


def check_calibration(answers: Answers, stated: Calibration | None) -> None:
    """Compare the result of a calibration with that on a card, within a tolerance.

    Raises:
        VerificationError: they differ.
    """
    found, expected = answers.calibration, stated.test if stated else None
    if found is None or expected is None:
        return
    # Counts, too: a confidence at the limit may be on its other side on another processor.
    total = answers.scores.total
    pairs = [
        (found.error, expected.error),
        *zip(found.error_interval, expected.error_interval, strict=True),
        (found.accepted / total, expected.accepted / total),
        (found.accepted_correct / total, expected.accepted_correct / total),
    ]
    if not all(abs(a - b) <= TOLERANCE for a, b in pairs):
        raise VerificationError(f"calibration: expected {expected}, as on the card, got {found}")


def check_scores(answers: Answers, stated: Scores, where: str) -> None:
    """Compare scores with those on a card.

    Counts of heads with discrete answers are compared exactly, and all metrics of other heads
    within a tolerance.

    Raises:
        VerificationError: they differ.
    """
    found = answers.scores
    same = found.total == stated.total and found.metrics.keys() == stated.metrics.keys()
    if same and all(answers.exact):
        same = found.all_correct == stated.all_correct
    if not same or not all(
        _agree(found[name], stated[name], answers.exact) for name in stated.metrics
    ):
        raise VerificationError(
            f"scores of the test examples{where}: expected {describe(stated)}, as on the card, got "
            f"{describe(found)}"
        )


def _agree(found: Sequence[Any], stated: Sequence[Any], exact: Sequence[bool]) -> bool:
    return all(
        (a == b or not isinstance(b, int | None))
        if is_exact
        else a == b or abs(a - b) <= TOLERANCE * max(abs(a), abs(b))
        for a, b, is_exact in zip(found, stated, exact, strict=True)
    )


def describe(scores: Scores) -> str:
    """Return the counts of scores as text, ``9,912 of 10,000 examples correct``, or the metrics."""
    return ", ".join(scores.counts) or str(scores)
