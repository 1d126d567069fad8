"""Classification: one of several classes per example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError
from zoo_core.metrics.task import Array, Measure, Measured, Metrics, Task
from zoo_core.tasks.class_counts import inverse_weights

RUNNERS_UP = 2
"""Number of classes after the most probable one, in the output of a prediction."""

TOP = 5
"""A prediction counts for the metric ``top5`` if the label is among so many classes."""


@dataclass(frozen=True)
class ClassPrediction:
    """Predictions for N examples.

    Attributes:
        labels: int64 ``(N,)``, the most probable class.
        probabilities: float32 ``(N, classes)``.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]


class Classification(Task):
    """One of K classes: targets int64 ``(N,)`` from 0 to K-1, outputs logits ``(N, K)``."""

    measures = (Measure("accuracy", higher_is_better=True, binary=True), Measure("loss", False))
    correct = "accuracy"

    def check_targets(self, targets: Array) -> None:
        if targets.dtype != np.int64 or targets.ndim != 1:
            raise DataError(f"expected labels int64 (N,), got {targets.dtype} {targets.shape}")
        low, high = targets.min(), targets.max()
        if low < 0 or high >= self.target.size:
            raise DataError(f"expected labels 0 to {self.target.size - 1}, got {low} to {high}")

    def example_targets(self, count: int) -> Array:
        return np.arange(count) % self.target.size

    def predict(self, outputs: Array) -> ClassPrediction:
        # The labels come from the logits, because the softmax may round two of them to equal
        # probabilities.
        return ClassPrediction(outputs.argmax(axis=1), softmax(outputs))

    def confidences(self, outputs: Array) -> NDArray[np.float32]:
        highest: NDArray[np.float32] = softmax(outputs).max(axis=1)
        return highest

    def measure(self, outputs: Array, targets: Array) -> Measured:
        predicted, classes = outputs.argmax(axis=1), self.target.size
        right = predicted == targets
        # Logits that are higher than that of the label; ties count for the prediction, as a label
        # with the highest logit of all does only if it comes first.
        own = np.take_along_axis(outputs, targets[:, np.newaxis], axis=1)
        top = ((outputs > own).sum(axis=1) < TOP) if classes > TOP else None
        per_class = (targets, predicted, targets[right])
        return Measured(
            columns={"accuracy": right, "loss": cross_entropies(outputs, targets)},
            counts={
                # Numbers of each class among the labels, the predictions, and the correct ones.
                "classes": np.stack([np.bincount(each, minlength=classes) for each in per_class]),
                **({} if top is None else {"top5": np.array(top.sum(), np.int64)}),
            },
        )

    def metrics(self, measured: Measured) -> Metrics:
        correct = int(measured.columns["accuracy"].sum())
        return {
            "loss": float(measured.columns["loss"].mean()),
            "accuracy": correct / len(measured),
            "correct": correct,
        }

    def details(self, measured: Measured) -> Metrics:
        labels, predicted, right = measured.counts["classes"]
        known = labels > 0
        # 2·TP / (2·TP + FP + FN), the F1 score of each class that has examples or predictions.
        total = labels + predicted
        scores = 2 * right[total > 0] / total[total > 0]
        top = measured.counts.get("top5")
        return {
            "balanced_accuracy": float((right[known] / labels[known]).mean()),
            "macro_f1": float(scores.mean()),
            **({} if top is None else {"top5": int(top) / len(measured)}),
        }

    def combine(self, members: Sequence[Array]) -> Array:
        return combine_logits(members)

    def answers(self, prediction: ClassPrediction) -> NDArray[np.int64]:
        return prediction.labels

    def balanced_weights(self, targets: Array) -> NDArray[np.float64]:
        return inverse_weights(np.bincount(targets, minlength=self.target.size))

    def target_texts(self, targets: Array) -> Iterator[str]:
        """Yield the names of classes."""
        yield from (self.target.classes[label] for label in targets.tolist())

    def texts(self, prediction: ClassPrediction) -> Iterator[str]:
        """Yield ``7 (98.1%), 9 (1.2%), 4 (0.4%)``."""
        for ranks in self._ranks(prediction):
            yield ", ".join(f"{each.name} ({format_probability(each.share)})" for each in ranks)

    def records(self, prediction: ClassPrediction) -> Iterator[dict[str, Any]]:
        for first, *others in self._ranks(prediction):
            yield {
                "labels": first.label,
                "classes": first.name,
                "probabilities": first.share,
                "runners_up": [
                    {"label": each.label, "class": each.name, "probability": each.share}
                    for each in others
                ],
            }

    def columns(self, suffix: str) -> list[str]:
        names = [f"label{suffix}", f"probability{suffix}"]
        # A head with two classes has one runner-up.
        for place in range(2, 2 + min(RUNNERS_UP, self.target.size - 1)):
            names += [f"label{suffix}_place{place}", f"probability{suffix}_place{place}"]
        return names

    def rows(self, prediction: ClassPrediction) -> Iterator[list[str]]:
        for ranks in self._ranks(prediction):
            yield [cell for each in ranks for cell in (each.name, f"{each.share:.6f}")]

    def _ranks(self, prediction: ClassPrediction) -> Iterator[list[_Rank]]:
        """Yield the most probable classes of each example."""
        shares, names = prediction.probabilities, self.target.classes
        # Stable, so that equal probabilities have the order of the labels on every machine.
        order = (-shares).argsort(axis=1, kind="stable")[:, : 1 + RUNNERS_UP]
        highest = np.take_along_axis(shares, order, axis=1)  # (N, 1 + RUNNERS_UP)
        # `tolist` first, because indexing arrays element by element takes several times as long.
        for labels, values in zip(order.tolist(), highest.tolist(), strict=True):
            yield [_Rank(i, names[i], share) for i, share in zip(labels, values, strict=True)]


class _Rank(NamedTuple):
    """A class and its probability, from 0 to 1."""

    label: int
    name: str
    share: float


def cross_entropies(logits: Array, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return ``-log softmax(logits)[label]`` of each of the N rows, in nats.

    Args:
        logits: ``(N, classes)``.
        labels: ``(N,)``.
    """
    # (classes, N): NumPy is several times faster along the longer axis, and sums each column in
    # the order of the classes. Not so for a single one, which would be summed in pairs: it is
    # computed twice, so that its loss does not depend on the rows that are scored with it.
    alone = len(logits) == 1
    shifted = np.ascontiguousarray((logits.repeat(2, axis=0) if alone else logits).T, np.float64)
    with np.errstate(invalid="ignore"):  # infinite logits result in nan, which callers report
        shifted -= shifted.max(axis=0)  # exp cannot overflow
        own = shifted[labels.repeat(2) if alone else labels, np.arange(shifted.shape[1])]
        losses: NDArray[np.float64] = np.log(np.exp(shifted).sum(axis=0)) - own
    return losses[:1] if alone else losses


def combine_logits(members: Sequence[Array]) -> NDArray[np.float32]:
    """Return logits of the mean of the probabilities of ``(N, classes, …)`` logits."""
    # Probabilities and not logits, because the scales of two models' logits may differ.
    mean = np.mean([softmax(member) for member in members], axis=0, dtype=np.float64)
    smallest = np.finfo(np.float32).tiny  # instead of 0, whose logarithm is not finite
    # Logarithms of probabilities are logits of the same distribution: the softmax inverts them.
    logits: NDArray[np.float32] = np.log(np.maximum(mean, smallest)).astype(np.float32)
    return logits


def softmax(logits: Array) -> NDArray[np.float32]:
    """Return the probabilities of ``(N, classes, …)`` logits."""
    # Without the maximum, exp of a float32 above 88 is infinite.
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Array = powers / powers.sum(axis=1, keepdims=True)
    return probabilities.astype(np.float32, copy=False)


def class_names(
    labels: Sequence[int] | NDArray[np.int64], classes: Sequence[Sequence[str]]
) -> list[str]:
    """Return the class name of each head's label.

    Args:
        labels: one label per head.
        classes: the names of each head's classes.
    """
    return [names[label] for names, label in zip(classes, labels, strict=True)]


def format_probability(probability: float) -> str:
    """Return a probability as a percentage; more than 99.9 % is not rounded to certainty."""
    return "> 99.9%" if probability > 0.999 else f"{probability:.1%}"
