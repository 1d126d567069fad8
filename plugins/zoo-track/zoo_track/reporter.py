"""A thread that reports to one tracker, so that a slow or dead server does not stop a training."""

from __future__ import annotations

import threading

from zoo_core.plugin_api import one_line
from zoo_track.record import Record
from zoo_track.tracker import Ending, Point, Subject, Tracker

INTERVAL = 2.0
"""Seconds between two reports of a training, each with all points since the one before."""
# Because a request or a transaction per 50 steps would slow down the steps of a small model.

MOST_POINTS = 10_000
"""Maximum number of points that wait for a slow tracker; later ones are left out."""


class Reporter:
    """The reports of one training to one tracker.

    Args:
        name: name of the tracker.
        tracker: its adapter; all its methods are called in the thread.
        subject: the training.
        record: record of what has been reported, which a resumed training continues.
    """

    def __init__(self, name: str, tracker: Tracker, subject: Subject, record: Record) -> None:
        self.name, self.failure = name, ""
        self._tracker, self._subject, self._record = tracker, subject, record
        self._points: list[tuple[Point, int]] = []
        self._ending: Ending | None = None
        self._lock, self._wake = threading.Lock(), threading.Event()
        self._started = threading.Event()
        # A daemon, because a server that never answers must not keep the process alive.
        self._thread = threading.Thread(target=self._work, name=f"zoo-track {name}", daemon=True)
        self._thread.start()

    def wait_for_start(self, seconds: float) -> None:
        """Wait until the tracker has started or failed, at most some seconds."""
        self._started.wait(seconds)

    def log(self, point: Point, epoch: int = 0) -> None:
        """Report a point later; `epoch` is the number of the epoch that it describes, or 0."""
        with self._lock:
            if self.failure or self._record.has(self.name, point.step, epoch):
                return
            # Those of epochs are few, and are never left out.
            if epoch or len(self._points) < MOST_POINTS:
                self._points.append((point, epoch))

    def end(self, ending: Ending, wait: float) -> None:
        """Report the end, and wait at most some seconds until everything is reported."""
        self._ending = ending
        self._wake.set()
        self._thread.join(wait)
        if self._thread.is_alive() and not self.failure:
            self.failure = f"it did not take all reports within {wait:g} seconds"

    def _work(self) -> None:
        try:
            known = self._record.id_of(self.name)
            self._record.start(self.name, self._tracker.start(self._subject, known))
            self._started.set()
            while True:
                self._wake.wait(INTERVAL)
                ending = self._ending  # read first, because all points come before it
                self._send()
                if ending:
                    self._tracker.end(ending)
                    return
        # Of any kind, because it comes from the tracker's package.
        except Exception as exc:
            self.failure = one_line(exc)
            self._started.set()

    def _send(self) -> None:
        with self._lock:
            points, self._points = self._points, []
        if points:
            self._tracker.log([point for point, _ in points])
            self._wake.wait(self._tracker.delay)  # shorter at the end of the training
            self._record.add(self.name, points)
