"""Multi-label classification: any number of K labels per example, or exactly so many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError
from zoo_core.metrics.task import Array, Measure, Measured, Metrics, Task
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.tasks.class_counts import presence_weights
from zoo_core.tasks.classification import format_probability
from zoo_core.tasks.faults import first_wrong
from zoo_core.tasks.label_sets import (
    label_probabilities,
    most_probable_sets,
    set_cross_entropies,
)
from zoo_core.text import counted

LOSS = Measure("loss", higher_is_better=False)


@dataclass(frozen=True)
class LabelsPrediction:
    """Predictions for N examples.

    Attributes:
        present: bool ``(N, K)``, true for each label whose probability is above one half, or for
            the most probable set of `TargetSpec.choose` labels.
        probabilities: float32 ``(N, K)``, of each label for itself, or given that number of labels.
    """

    present: NDArray[np.bool_]
    probabilities: NDArray[np.float32]


class MultiLabel(Task):
    """Any of K labels: targets bool, uint8 or int64 ``(N, K)`` of 0 and 1, outputs logits.

    A target with `TargetSpec.choose` has exactly that many labels per example. They are predicted
    as one set, so the first measure is whether it is the right one.
    """

    # The F1 score and not the share of right labels, because most labels are absent in most
    # examples, and a model that predicts none has a high share.
    measures = (Measure("f1", higher_is_better=True), LOSS)
    correct = "exact_match"

    def __init__(self, target: TargetSpec) -> None:
        super().__init__(target)
        if target.choose:
            self.measures = (Measure("exact_match", higher_is_better=True, binary=True), LOSS)

    def check_targets(self, targets: Array) -> None:
        labels = self.target.size
        fits = targets.dtype in (np.bool_, np.uint8, np.int64) and targets.shape[1:] == (labels,)
        if not fits:
            raise DataError(
                f"expected labels bool, uint8 or int64 (N, {labels}), "
                f"got {targets.dtype} {targets.shape}"
            )
        if (wrong := (targets != 0) & (targets != 1)).any():
            raise DataError(f"expected labels 0 or 1, got {first_wrong(targets, wrong)}")
        numbers, choose = targets.astype(bool).sum(axis=1), self.target.choose
        if choose and (wrong := numbers != choose).any():
            raise DataError(
                f"expected exactly {counted(choose, 'label')} per example, "
                f"got {first_wrong(numbers, wrong)}"
            )

    def example_targets(self, count: int) -> Array:
        rows, labels = np.indices((count, self.target.size))
        if self.target.choose:
            # A different order of the labels in each row, of which the first ones are chosen.
            return most_probable_sets(rows * (labels + 2) ** 3 % 1009, self.target.choose)
        return (rows * 5 + labels * 3) % 7 < 3

    def predict(self, outputs: Array) -> LabelsPrediction:
        return LabelsPrediction(self._present(outputs), self._probabilities(outputs))

    def _present(self, outputs: Array) -> NDArray[np.bool_]:
        choose = self.target.choose
        return most_probable_sets(outputs, choose) if choose else outputs > 0

    def _probabilities(self, outputs: Array) -> NDArray[np.float32]:
        choose = self.target.choose
        return label_probabilities(outputs, choose) if choose else sigmoid(outputs)

    def confidences(self, outputs: Array) -> NDArray[np.float32]:
        present = self._present(outputs)
        if self.target.choose:
            shares = np.exp(-set_cross_entropies(outputs, present))
        else:
            probabilities = sigmoid(outputs)
            shares = np.where(present, probabilities, 1 - probabilities).prod(axis=1)
        return shares.astype(np.float32)

    def measure(self, outputs: Array, targets: Array) -> Measured:
        wanted, predicted = targets.astype(bool), self._present(outputs)
        losses = set_cross_entropies if self.target.choose else binary_cross_entropies
        both = wanted & predicted
        groups = (wanted, predicted, both)
        present, chosen, right = (each.sum(axis=1) for each in groups)
        return Measured(
            columns={
                "f1": _f1(present, chosen, right),
                "loss": losses(outputs, targets),
                "exact_match": (wanted == predicted).all(axis=1),
            },
            # Numbers per label: examples that have it, predictions of it, and correct ones.
            counts={"labels": np.stack([each.sum(axis=0) for each in groups])},
        )

    def metrics(self, measured: Measured) -> Metrics:
        labels = measured.counts["labels"]
        known = labels[:2].any(axis=0)  # labels that an example or a prediction has
        present, chosen, right = labels.sum(axis=1)
        every = len(measured) * labels.shape[1]
        exact = int(measured.columns["exact_match"].sum())
        return {
            "loss": float(measured.columns["loss"].mean()),
            "f1": float(measured.columns["f1"].mean()),
            "micro_f1": float(_f1(present, chosen, right)),
            "macro_f1": float(_f1(*labels[:, known]).mean()) if known.any() else 1.0,
            "accuracy": int(every - present - chosen + 2 * right) / every,
            # Of any number of labels only the count, because their headline is the F1 score.
            **({"exact_match": exact / len(measured)} if self.target.choose else {}),
            "exact": exact,
        }

    def combine(self, members: Sequence[Array]) -> Array:
        if self.target.choose:
            # The mean of logits is the geometric mean of the probabilities of each set, divided by
            # the sum over the sets. The mean of probabilities would have to list all sets.
            return super().combine(members)
        # Probabilities and not logits, because the scales of two models' logits may differ.
        mean = np.mean([sigmoid(member) for member in members], axis=0, dtype=np.float64)
        smallest = np.finfo(np.float32).eps  # instead of 0 and 1, whose logits are not finite
        shares = mean.clip(smallest, 1 - smallest)
        logits: NDArray[np.float32] = np.log(shares / (1 - shares)).astype(np.float32)
        return logits

    def answers(self, prediction: LabelsPrediction) -> NDArray[np.int64]:
        return prediction.present.astype(np.int64)

    def balanced_weights(self, targets: Array) -> NDArray[np.float64]:
        """Return weights of a label's presence, with which it counts as much as its absence."""
        return presence_weights(targets.astype(bool).sum(axis=0), len(targets))

    def relabel(self, targets: Array, numbers: NDArray[np.int64]) -> Array:
        """Return targets in the order of the head's labels; others than `numbers` are absent."""
        relabeled = np.zeros((len(targets), self.target.size), targets.dtype)
        relabeled[:, numbers] = targets
        return relabeled

    def target_texts(self, targets: Array) -> Iterator[str]:
        """Yield ``beach, sea``, the names of the labels, or ``none``."""
        for row in targets.astype(bool).tolist():
            pairs = zip(self.target.classes, row, strict=True)
            yield ", ".join(name for name, present in pairs if present) or "none"

    def texts(self, prediction: LabelsPrediction) -> Iterator[str]:
        """Yield ``beach (98.1%), sea (71.0%)``, or ``none (sea 31.0%)`` with the nearest one."""
        for present, shares in self._shares(prediction):
            nearest = max(shares, key=lambda name: shares[name])
            yield ", ".join(f"{name} ({format_probability(shares[name])})" for name in present) or (
                f"none ({nearest} {format_probability(shares[nearest])})"
            )

    def records(self, prediction: LabelsPrediction) -> Iterator[dict[str, Any]]:
        for names, shares in self._shares(prediction):
            labels = [self.target.classes.index(name) for name in names]
            yield {"labels": labels, "classes": names, "probabilities": shares}

    def columns(self, suffix: str) -> list[str]:
        return [f"labels{suffix}", *(f"probability{suffix}_{x}" for x in self.target.classes)]

    def rows(self, prediction: LabelsPrediction) -> Iterator[list[str]]:
        values = prediction.probabilities.tolist()
        for (names, _), shares in zip(self._shares(prediction), values, strict=True):
            yield ["; ".join(names), *(f"{share:.6f}" for share in shares)]

    def _shares(self, prediction: LabelsPrediction) -> Iterator[tuple[list[str], dict[str, float]]]:
        """Yield the present labels, the most probable first, and the probability of each label."""
        names = self.target.classes
        # `tolist` first, because indexing arrays element by element takes several times as long.
        for chosen, values in zip(
            prediction.present.tolist(), prediction.probabilities.tolist(), strict=True
        ):
            shares = dict(zip(names, values, strict=True))
            present = [name for name, here in zip(names, chosen, strict=True) if here]
            yield sorted(present, key=lambda name: -shares[name]), shares


def binary_cross_entropies(logits: Array, targets: Array) -> NDArray[np.float64]:
    """Return the mean over the K labels of each row's binary cross-entropy, in nats."""
    x = np.ascontiguousarray(logits, np.float64)
    with np.errstate(invalid="ignore"):  # infinite logits result in nan, which callers report
        # -log sigmoid(x) = max(x, 0) - x + log(1 + exp(-|x|)), in which exp cannot overflow.
        losses = np.maximum(x, 0) - x * targets + np.log1p(np.exp(-np.abs(x)))
    # In row-major order, so that each row is summed alike, whatever the number of rows.
    means: NDArray[np.float64] = np.ascontiguousarray(losses).mean(axis=1)
    return means


def sigmoid(logits: Array) -> NDArray[np.float32]:
    """Return the probabilities of logits."""
    powers = np.exp(-np.abs(logits))  # which cannot overflow
    probabilities: Array = np.where(logits > 0, 1, powers) / (1 + powers)
    return probabilities.astype(np.float32)


def _f1(present: Array, chosen: Array, right: Array) -> NDArray[np.float64]:
    """Return F1 scores: 2·TP / (2·TP + FP + FN), or 1 if there is nothing to find."""
    total = present + chosen
    scores: NDArray[np.float64] = np.where(total > 0, 2 * right / np.maximum(total, 1), 1.0)
    return scores
