"""Posteriors of symbols: the probability of each symbol of a string that CTC's outputs gave."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.metrics.task import Array
from zoo_core.tasks.ctc import PADDING, Codes, lengths, log_softmax, make_states

_CHUNK = 200_000
"""Maximum number of probabilities that are computed together, one per example, place and symbol."""


def symbol_posteriors(outputs: Array, codes: Codes) -> NDArray[np.float64]:
    """Return the probability of each symbol ``(N, L)``, 0 after the last one.

    It is the share of the string among the strings that have another symbol, or none, in the same
    place: each is the sum over all of its paths.

    Args:
        outputs: outputs ``(N, T, K + 1)``.
        codes: strings ``(N, L)``, each of which has a path.
    """
    posteriors = np.zeros(codes.shape)
    step = max(1, _CHUNK // max(1, codes.shape[1] * outputs.shape[2]))
    for start in range(0, len(codes), step):
        rows = slice(start, start + step)
        posteriors[rows] = _posteriors(np.exp(log_softmax(outputs[rows])), codes[rows])
    return posteriors


@np.errstate(invalid="ignore")  # infinite outputs result in nan
def _posteriors(shares: NDArray[np.float64], codes: Codes) -> NDArray[np.float64]:
    """Return posteriors by a pass backwards and one forwards (Graves et al. 2006).

    A path to a symbol in place i comes from the blank before it or from symbol i - 1, and continues
    with the blank after it or with symbol i + 1. The forward pass therefore carries, beside the
    string's own states, K symbols per place.
    """
    states, skips = make_states(codes)
    after, scales = _backward(shares, states, skips, lengths(codes))
    symbols = np.arange(shares.shape[2] - 1)
    # Equal symbols need a blank between them.
    before, behind = _previous(codes, PADDING), _next(codes, PADDING)
    may_follow, may_precede = before[:, :, None] != symbols, behind[:, :, None] != symbols
    forward = np.zeros(states.shape)
    forward[:, 0] = 1  # before the first step, as if a blank had been
    here = np.zeros((*codes.shape, len(symbols)))  # paths that are at a symbol of a place
    found, without = np.zeros(here.shape), np.zeros(codes.shape)
    for step, scale in enumerate(scales):
        blank, symbol = forward[:, :-1:2], _previous(forward[:, 1::2], 0)
        # From symbol i - 1, or the blank after it, to symbol i + 1.
        without += (blank + symbol * (before != behind)) * _next(after[step][:, 1::2], 0)
        arriving = here + blank[:, :, None] + symbol[:, :, None] * may_follow
        here = shares[:, step, None, 1:] * arriving / scale[:, None, None]
        emitted = np.take_along_axis(shares[:, step], states, axis=1)
        forward = emitted * _arrivals(forward, skips) / scale[:, None]
        blank, symbol = after[step + 1][:, 2::2], _next(after[step + 1][:, 1::2], 0)
        found += here * (blank[:, :, None] + symbol[:, :, None] * may_precede)
    # Paths without the last symbol end after the one before it.
    last = np.arange(codes.shape[1]) == lengths(codes)[:, None] - 1
    without += (forward[:, :-1:2] + _previous(forward[:, 1::2], 0)) * last
    chosen = np.take_along_axis(found, np.maximum(codes, 0)[:, :, None], axis=2)[:, :, 0]
    total = found.sum(axis=2) + without
    posteriors = np.zeros(codes.shape)
    np.divide(chosen, total, out=posteriors, where=total != 0)
    return posteriors


def _backward(
    shares: NDArray[np.float64],
    states: NDArray[np.int64],
    skips: NDArray[np.bool_],
    counts: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return scaled probabilities of the rest of a string, and their scales.

    Returns:
        float64 ``(T + 1, N, states)``: entry t is the probability of the outputs from step t on,
        for paths that are then in a state; and float64 ``(T, N)``, the factor that each step was
        divided by, because the products of many steps are too small for floats.
    """
    count, steps, _ = shares.shape
    after, scales = np.zeros((steps + 1, *states.shape)), np.ones((steps, count))
    after[steps, np.arange(count), 2 * counts] = 1  # as if a blank came after the last step
    for step in reversed(range(steps)):
        leaving = after[step + 1].copy()
        leaving[:, :-1] += after[step + 1][:, 1:]
        leaving[:, :-2] += np.where(skips[:, 2:], after[step + 1][:, 2:], 0)
        rest = np.take_along_axis(shares[:, step], states, axis=1) * leaving
        largest = rest.max(axis=1)
        scales[step] = np.where(largest > 0, largest, 1)
        after[step] = rest / scales[step][:, None]
    return after, scales


def _arrivals(forward: NDArray[np.float64], skips: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return probabilities of arriving at each state: by staying, by a step, or by a skip."""
    arrivals = forward.copy()
    arrivals[:, 1:] += forward[:, :-1]
    arrivals[:, 2:] += np.where(skips[:, 2:], forward[:, :-2], 0)
    return arrivals


def _previous(values: NDArray[Any], first: int) -> NDArray[Any]:
    """Return the value of the place before each, and `first` for the first place."""
    return np.pad(values, ((0, 0), (1, 0)), constant_values=first)[:, :-1]


def _next(values: NDArray[Any], last: int) -> NDArray[Any]:
    """Return the value of the place after each, and `last` for the last place."""
    return np.pad(values, ((0, 0), (0, 1)), constant_values=last)[:, 1:]
