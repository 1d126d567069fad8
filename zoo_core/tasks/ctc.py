"""Connectionist temporal classification (CTC) in NumPy: decoding, loss, edit distance.

Every function takes N examples at once and loops over time steps or symbols, so that an example's
result does not depend on the others. Strings are codes ``(N, L)``, padded with `PADDING`; output 0
is the blank, and output ``i + 1`` is symbol ``i`` (Graves et al. 2006).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.task import Array

PADDING = -1
"""Code after the last symbol of a string that is shorter than others."""

Codes = NDArray[np.int64]


def lengths(codes: Codes) -> NDArray[np.int64]:
    """Return the number of symbols of each string."""
    counts: NDArray[np.int64] = (codes != PADDING).sum(axis=1)
    return counts


def steps_needed(codes: Codes) -> NDArray[np.int64]:
    """Return the number of time steps that each string takes.

    It is one per symbol, and one for the blank between two equal symbols.
    """
    repeated = (codes[:, 1:] == codes[:, :-1]) & (codes[:, 1:] != PADDING)
    counts: NDArray[np.int64] = lengths(codes) + repeated.sum(axis=1)
    return counts


def decode(outputs: Array) -> Codes:
    """Return the strings ``(N, T)`` of the best path of outputs ``(N, T, K + 1)``.

    Equal symbols without a blank between them are one symbol; blanks are then left out.
    """
    path = outputs.argmax(axis=2)
    kept = path != 0
    kept[:, 1:] &= path[:, 1:] != path[:, :-1]
    codes = np.full(path.shape, PADDING, np.int64)
    rows, steps = np.nonzero(kept)
    codes[rows, kept.cumsum(axis=1)[rows, steps] - 1] = path[rows, steps] - 1
    return codes


def edit_distances(found: Codes, expected: Codes) -> NDArray[np.int64]:
    """Return the Levenshtein distance of each pair of strings."""
    places, found_lengths = np.arange(expected.shape[1] + 1), lengths(found)
    # Distances of the first symbols of `found` to every beginning of `expected`: row by row of
    # Wagner and Fischer's table, for all examples at once.
    distances = np.tile(places, (len(found), 1))
    for step in range(int(found_lengths.max(initial=0))):
        replaced = distances[:, :-1] + (found[:, step, np.newaxis] != expected)
        best = distances + 1
        best[:, 1:] = np.minimum(best[:, 1:], replaced)
        # An insertion at place j costs 1 more than place j - 1, that is, the minimum over i <= j of
        # best[i] + (j - i).
        best = np.minimum.accumulate(best - places, axis=1) + places
        distances = np.where((step < found_lengths)[:, np.newaxis], best, distances)
    # A column does not depend on later ones, so that padding changes nothing.
    return np.take_along_axis(distances, lengths(expected)[:, np.newaxis], axis=1)[:, 0]


def log_softmax(outputs: Array) -> NDArray[np.float64]:
    """Return the logarithms of the probabilities of outputs ``(N, T, K + 1)``."""
    logits = np.ascontiguousarray(outputs, np.float64)
    shifted = logits - logits.max(axis=2, keepdims=True)  # exp cannot overflow
    logs: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    return logs


@np.errstate(invalid="ignore")  # infinite outputs result in nan, which callers report
def ctc_losses(outputs: Array, codes: Codes) -> NDArray[np.float64]:
    """Return ``-log`` of the probability of each string, in nats per symbol.

    The division by the length is that of PyTorch's `ctc_loss` with a mean. The loss is infinite for
    a string that takes more time steps than there are.
    """
    logs, count = log_softmax(outputs), lengths(codes)
    states, skips = make_states(codes)
    forward = np.full(states.shape, -np.inf)
    forward[:, 0] = 0  # before the first step, as if a blank had been
    for step in range(logs.shape[1]):
        emitted = np.take_along_axis(logs[:, step], states, axis=1)
        forward = emitted + _arrivals(forward, skips)
    ends = np.take_along_axis(forward, 2 * count[:, np.newaxis], axis=1)[:, 0]
    symbols = np.take_along_axis(forward, np.maximum(2 * count - 1, 0)[:, np.newaxis], axis=1)[:, 0]
    total = np.where(count > 0, np.logaddexp(ends, symbols), ends)
    losses: NDArray[np.float64] = -total / np.maximum(count, 1)
    return losses


def make_states(codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the outputs ``(N, 2L + 1)`` of a string's states, and where a path may skip a blank.

    The states are: blank, first symbol, blank, second symbol, …, blank. A state depends on earlier
    ones only, so that those of the padding, which are computed too, change nothing.
    """
    states = np.zeros((len(codes), 2 * codes.shape[1] + 1), np.int64)
    states[:, 1::2] = np.maximum(codes, 0) + 1
    # A path may skip the blank between two different symbols.
    skips = np.zeros(states.shape, bool)
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    return states, skips


def _arrivals(forward: Array, skips: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return log probabilities of arriving at each state: by staying, by a step, or by a skip."""
    arrivals = forward.copy()
    arrivals[:, 1:] = np.logaddexp(forward[:, 1:], forward[:, :-1])
    skipped = np.where(skips[:, 2:], forward[:, :-2], -np.inf)
    arrivals[:, 2:] = np.logaddexp(arrivals[:, 2:], skipped)
    return arrivals
