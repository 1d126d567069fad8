"""The session of a training: its scores, reported to the trackers that the user chose."""

from __future__ import annotations

import atexit
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.plugin_api import METRICS, is_set, one_line, print_lines
from zoo_track.describe import describe_run, flat_scores
from zoo_track.offers import OFFERS, make_tracker
from zoo_track.record import Record
from zoo_track.reporter import Reporter
from zoo_track.tracker import Ending, Fact, Point

if TYPE_CHECKING:
    from zoo_core.plugin_api import Card, ScoredSteps

WAIT_START = 10.0
"""Maximum seconds that the start of a training waits for its trackers."""
# So that their start, which takes seconds of computation, does not slow down the first steps.

WAIT = 30.0
"""Maximum seconds that the end of a training waits for its trackers."""

WAIT_STOPPED = 5.0
"""Maximum seconds that a training that was stopped waits for its trackers."""

sessions: dict[Path, Session] = {}
"""The open sessions, by the absolute path of the run's folder."""


def start_session(folder: Path, names: Iterable[str]) -> None:
    """Start to report the training in a folder, or continue."""
    if before := sessions.pop(folder.absolute(), None):  # stopped, and resumed in one process
        before.stop()
    sessions[folder.absolute()] = Session(folder, [each for each in names if each in OFFERS])
    # The last one, which is called first: the packages of trackers close their connections at exit,
    # too.
    atexit.unregister(_close_all)
    atexit.register(_close_all)


def _close_all() -> None:
    # No hook is called for a training that is interrupted or fails.
    for session in [*sessions.values()]:
        session.stop()


class Session:
    """The reports of one training to all its trackers; the failure of one costs a warning.

    Args:
        folder: folder of the run.
        names: names of the trackers.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._folder, self._is_new = folder, True
        self._reporters: list[Reporter] = []
        subject, self._record = describe_run(folder), Record(folder)
        for name in names:
            try:
                # Imported here and not in the thread, because importing in two threads at once
                # may fail.
                tracker = make_tracker(name)
            except Exception as exc:
                _warn(name, one_line(exc))
            else:
                self._reporters.append(Reporter(name, tracker, subject, self._record))
        until = time.monotonic() + WAIT_START
        for reporter in self._reporters:
            reporter.wait_for_start(max(until - time.monotonic(), 0))

    def steps_scored(self, scored: ScoredSteps) -> None:
        """Report the scores of the latest steps."""
        self._record.steps = scored.steps
        self._repeat_epochs()
        values = {**flat_scores("step", scored.scores.to_json()), "step/lr": scored.lr}
        self._log(Point(scored.number, values))

    def epoch_end(self, epoch: int, metrics: Mapping[str, Any]) -> None:
        """Report the scores of an epoch."""
        self._repeat_epochs()
        self._log(self._epoch_point(epoch, metrics), epoch)

    def train_end(self, result: Card) -> None:
        """Report the scores of the kept weights, and wait until everything is reported."""
        results: dict[str, float] = {"kept/epoch": result.epoch, "seconds": result.seconds}
        for split, scores in result.metrics.items():
            results |= flat_scores(f"kept/{split}", scores.to_json())
        facts: dict[str, Fact] = {
            "weights.file": str((self._folder / result.weights.file).absolute()),
            "weights.sha256": result.weights.sha256,
            "parameters": result.parameters,
        }
        files = [self._folder / result.weights.file] if is_set("ZOO_TRACK_WEIGHTS") else []
        self._end(Ending(finished=True, results=results, facts=facts, files=files), WAIT)

    def stop(self) -> None:
        """Report that the training stopped."""
        self._end(Ending(finished=False), WAIT_STOPPED)

    def _repeat_epochs(self) -> None:
        """Report, once, the epochs before a training was resumed, unless they were reported."""
        if not self._is_new:
            return
        self._is_new = False
        # They may have waited in the thread when the process was killed, or the server was gone.
        for line in (self._folder / METRICS).read_text("utf-8").splitlines():
            metrics = json.loads(line)
            self._log(self._epoch_point(metrics["epoch"], metrics), metrics["epoch"])

    def _epoch_point(self, epoch: int, metrics: Mapping[str, Any]) -> Point:
        values: dict[str, float] = {"epoch": epoch, "seconds/epoch": metrics["seconds"]}
        for split in ("train", "validation"):
            values |= flat_scores(split, metrics[split])
        return Point(epoch * self._record.steps, values)

    def _log(self, point: Point, epoch: int = 0) -> None:
        for reporter in self._reporters:
            reporter.log(point, epoch)
        self._drop_failed()

    def _end(self, ending: Ending, wait: float) -> None:
        sessions.pop(self._folder.absolute(), None)
        for reporter in self._reporters:
            reporter.end(ending, wait)
        self._drop_failed()

    def _drop_failed(self) -> None:
        # Here and not in the thread, so that no warning breaks a line that is being drawn.
        for reporter in [each for each in self._reporters if each.failure]:
            self._reporters.remove(reporter)
            _warn(reporter.name, reporter.failure)


def _warn(name: str, reason: str) -> None:
    print_lines(f"zoo: the tracker {name} failed, the training continues: {reason}", err=True)
