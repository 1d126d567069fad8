"""Estimate of the time that a piece of work still takes."""

from __future__ import annotations

import time

_SETTLED = 0.5
"""Minimum seconds of work before there is an estimate."""


class TimeLeft:
    """Estimate of the time left, from the average pace since the first update.

    It starts again when the work does, that is, when less is done than before.
    """

    def __init__(self) -> None:
        self._started, self._first, self._latest = 0.0, 0.0, float("inf")

    def text(self, done: float, total: float) -> str:
        """Return ``1:05 left`` when `done` of `total` is done; empty while there is no estimate."""
        now = time.perf_counter()
        if done < self._latest:
            self._started, self._first = now, done
        self._latest = done
        seconds, made = now - self._started, done - self._first
        if seconds < _SETTLED or not made:
            return ""
        return f"{clock(seconds * (total - done) / made)} left"


def clock(seconds: float) -> str:
    """Return a duration as ``0:07``, ``1:02:03`` or ``3 d 4 h``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
