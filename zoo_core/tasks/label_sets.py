"""Sets of labels of a given size: their probabilities, and those of each label in them.

The probability of a set is proportional to the product of ``exp(logit)`` over its labels: that of
independent labels, given how many of them an example has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.task import Array


def most_probable_sets(logits: Array, size: int) -> NDArray[np.bool_]:
    """Return the most probable set of each row ``(N, K)``: the labels of the highest logits."""
    chosen = np.zeros(logits.shape, np.bool_)
    # Stable, so that of equal logits the first ones are chosen, on every machine.
    highest = np.argsort(-logits, axis=1, kind="stable")[:, :size]
    np.put_along_axis(chosen, highest, True, axis=1)
    return chosen


def set_cross_entropies(logits: Array, targets: Array) -> NDArray[np.float64]:
    """Return ``-log`` of the probability of each row's set among all sets of its size, in nats.

    Args:
        logits: ``(N, K)``.
        targets: 0 or 1, ``(N, K)``, with the same number of labels in each row.
    """
    wanted = targets.astype(bool)
    size = int(wanted[:1].sum())
    x = np.ascontiguousarray(logits, np.float64)
    with np.errstate(invalid="ignore"):  # infinite logits result in nan, which callers report
        totals = _log_totals(x, size)[-1][:, size]
        losses: NDArray[np.float64] = totals - np.where(wanted, x, 0.0).sum(axis=1)
    return losses.clip(min=0)  # because rounding may leave a number just below 0


def label_probabilities(logits: Array, size: int) -> NDArray[np.float32]:
    """Return the probability of each label ``(N, K)``: of all sets of a size that contain it."""
    x = np.ascontiguousarray(logits, np.float64)
    labels = x.shape[1]
    before, after = _log_totals(x, size), _log_totals(x[:, ::-1], size)
    shares = np.empty_like(x)
    for label in range(labels):
        # A label's sets are those of `size - 1` other labels: some before it, the rest after it.
        others = before[label][:, :size] + after[labels - 1 - label][:, :size][:, ::-1]
        shares[:, label] = x[:, label] + np.logaddexp.reduce(others, axis=1)
    probabilities = np.exp(np.minimum(shares - before[-1][:, size:], 0.0))
    return probabilities.astype(np.float32)


def _log_totals(x: NDArray[np.float64], size: int) -> list[NDArray[np.float64]]:
    """Return logarithms of sums over sets, of the product of ``exp(x)`` over a set's labels.

    Returns:
        For the first 0 … K labels, ``(N, size + 1)``: the sum over the sets of 0 … `size` of them.
    """
    totals = np.full((len(x), size + 1), -np.inf)
    totals[:, 0] = 0
    steps = [totals]
    for label in range(x.shape[1]):
        # Sets without the label, and sets with it, which have one label less of those before it.
        grown = totals[:, :-1] + x[:, [label]]
        totals = np.concatenate([totals[:, :1], np.logaddexp(totals[:, 1:], grown)], axis=1)
        steps.append(totals)
    return steps
