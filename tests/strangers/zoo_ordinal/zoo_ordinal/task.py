"""Ordinal classification: one of K ordered classes, the grades, from K - 1 cumulative logits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Measure, Measured, Task
from zoo_core.plugin_api import DataError

Array = NDArray[Any]
Metrics = dict[str, float | int]


@dataclass(frozen=True)
class GradePrediction:
    """Predictions for N examples.

    Attributes:
        labels: int64 ``(N,)``, the grade.
        above: float32 ``(N, K - 1)``, the probability of a higher grade than each one.
    """

    labels: NDArray[np.int64]
    above: NDArray[np.float32]


class Ordinal(Task):
    """One of K grades: targets int64 ``(N,)``, outputs ``(N, K - 1)``.

    Output k is the logit of the probability that the grade is above k.
    """

    measures = (Measure("mae", higher_is_better=False), Measure("loss", higher_is_better=False))

    @property
    def outputs(self) -> int:
        return self.target.size - 1

    def check_targets(self, targets: Array) -> None:
        if targets.dtype != np.int64 or targets.ndim != 1:
            raise DataError(f"expected grades int64 (N,), got {targets.dtype} {targets.shape}")
        low, high = targets.min(), targets.max()
        if low < 0 or high > self.outputs:
            raise DataError(f"expected grades 0 to {self.outputs}, got {low} to {high}")

    def example_targets(self, count: int) -> Array:
        return np.arange(count) % self.target.size

    def predict(self, outputs: Array) -> GradePrediction:
        above = 1 / (1 + np.exp(-outputs.astype(np.float64)))
        return GradePrediction((outputs > 0).sum(axis=1), above.astype(np.float32))

    def measure(self, outputs: Array, targets: Array) -> Measured:
        predicted, grades = (outputs > 0).sum(axis=1), self.target.size
        logits = np.ascontiguousarray(outputs, np.float64)
        wanted = targets[:, np.newaxis] > np.arange(self.outputs)
        losses = np.maximum(logits, 0) - logits * wanted + np.log1p(np.exp(-np.abs(logits)))
        # Integers, whose sums do not depend on the order: numbers of each pair of grades.
        pairs = np.bincount(targets * grades + predicted, minlength=grades**2)
        return Measured(
            columns={"mae": np.abs(predicted - targets), "loss": losses.mean(axis=1)},
            counts={"pairs": pairs.reshape(grades, grades)},
        )

    def metrics(self, measured: Measured) -> Metrics:
        pairs = measured.counts["pairs"]
        exact = int(np.trace(pairs))
        return {
            "loss": float(measured.columns["loss"].mean()),
            "mae": float(measured.columns["mae"].mean()),
            "exact_match": exact / len(measured),
            "exact": exact,
            "kappa": _weighted_kappa(pairs),
        }

    def answers(self, prediction: GradePrediction) -> NDArray[np.int64]:
        return prediction.labels

    def reorder(self, outputs: Array, numbers: NDArray[np.int64]) -> Array:
        """Return outputs as they are, because the order of grades has a meaning."""
        if not (numbers == np.arange(len(numbers))).all():
            raise DataError("expected grades in the same order")
        return outputs

    def target_texts(self, targets: Array) -> Iterator[str]:
        """Yield the names of grades."""
        yield from (self.target.classes[label] for label in targets.tolist())

    def texts(self, prediction: GradePrediction) -> Iterator[str]:
        """Yield ``good, above fair (81%)``."""
        for label, name, above in self._rows(prediction):
            lower = f", above {self.target.classes[label - 1]} ({above[label - 1]:.0%})"
            yield name + lower * (label > 0)

    def records(self, prediction: GradePrediction) -> Iterator[dict[str, Any]]:
        for label, name, above in self._rows(prediction):
            yield {"labels": label, "grades": name, "above": above}

    def columns(self, suffix: str) -> list[str]:
        return [f"grade{suffix}", *(f"above_{name}{suffix}" for name in self.target.classes[:-1])]

    def rows(self, prediction: GradePrediction) -> Iterator[list[str]]:
        for _, name, above in self._rows(prediction):
            yield [name, *(f"{share:.6f}" for share in above)]

    def _rows(self, prediction: GradePrediction) -> Iterator[tuple[int, str, list[float]]]:
        """Yield the grade, its name and the probabilities of each example."""
        pairs = zip(prediction.labels.tolist(), prediction.above.tolist(), strict=True)
        yield from ((label, self.target.classes[label], above) for label, above in pairs)


def _weighted_kappa(pairs: NDArray[np.int64]) -> float:
    """Return Cohen's kappa with quadratic weights: 1 for equal grades, 0 for chance."""
    grades = np.arange(len(pairs))
    weights = (grades[:, np.newaxis] - grades) ** 2
    chance = np.outer(pairs.sum(axis=1), pairs.sum(axis=0)) / pairs.sum()
    expected = float((weights * chance).sum())
    return 1 - float((weights * pairs).sum()) / expected if expected else 1.0
