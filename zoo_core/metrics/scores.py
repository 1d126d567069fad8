"""Scores: loss and accuracy per head, from logits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scores:
    """Loss and accuracy on a set of images, one entry per head.

    Attributes:
        loss: mean cross-entropy, in nats.
        accuracy: share of correct labels, from 0 to 1.
        correct: number of correct labels.
        all_correct: number of images with all labels correct.
        total: number of images.
    """

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    correct: tuple[int, ...]
    all_correct: int
    total: int

    @property
    def mean_loss(self) -> float:
        return sum(self.loss) / len(self.loss)

    def __str__(self) -> str:
        accuracy = " / ".join(f"{value:.2%}" for value in self.accuracy)
        return f"loss {self.mean_loss:.4f}, accuracy {accuracy}"


def score(logits: Sequence[NDArray[np.float32]], labels: NDArray[np.int64]) -> Scores:
    """Score logits ``(N, classes)``, one array per head, against labels ``(N, heads)``."""
    right = np.stack([head.argmax(axis=1) == labels[:, i] for i, head in enumerate(logits)], axis=1)
    total = len(labels)
    correct = tuple(int(count) for count in right.sum(axis=0))
    return Scores(
        loss=tuple(cross_entropy(head, labels[:, i]) for i, head in enumerate(logits)),
        accuracy=tuple(count / total for count in correct),
        correct=correct,
        all_correct=int(right.all(axis=1).sum()),
        total=total,
    )


def cross_entropy(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the mean over the N rows of ``-log softmax(logits)[label]``.

    Args:
        logits: ``(N, classes)``.
        labels: ``(N,)``.
    """
    # (classes, N): NumPy is several times faster along the longer axis. float64, because the mean
    # over many thousand images would lose digits in float32.
    shifted = np.ascontiguousarray(logits.T, np.float64)
    with np.errstate(invalid="ignore"):  # infinite logits result in nan, which callers report
        shifted -= shifted.max(axis=0)  # exp cannot overflow
        losses = np.log(np.exp(shifted).sum(axis=0)) - shifted[labels, np.arange(len(labels))]
    return float(losses.mean())


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probabilities of ``(N, classes)`` logits."""
    # Without the maximum, exp of a float32 above 88 is infinite.
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities
