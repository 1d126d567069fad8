"""The adapter of Trackio: a local database, or a server by Trackio's own variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import trackio

from zoo_track.tracker import PROJECT, Ending, Point, Subject, Tracker


class Trackio(Tracker):
    """A run of Trackio, in the project ``TRACKIO_PROJECT``, else ``zoo``."""

    delay = 1.0  # because a thread of Trackio stores points every half second

    def start(self, subject: Subject, known: str) -> str:
        _silence()
        self._step = 0
        project = os.environ.get("TRACKIO_PROJECT") or PROJECT
        # Runs are continued by name, so that a new one needs a name that no other run has.
        name = known or f"{subject.name}-{os.urandom(3).hex()}"
        self._run = trackio.init(
            project,
            name=name,
            group=subject.group or None,
            config={**subject.params, **subject.facts},
            resume="allow",
            embed=False,  # no page in notebooks
        )
        return name

    def log(self, points: Sequence[Point]) -> None:
        for point in points:
            self._run.log(dict(point.values), step=point.step)
        self._step = points[-1].step

    def end(self, ending: Ending) -> None:
        if ending.results:
            self.log([Point(self._step, ending.results)])
        if ending.files:
            artifact = trackio.Artifact(self._run.name, type="model")
            for file in ending.files:
                artifact.add_file(str(file))
            self._run.log_artifact(artifact)
        self._run.finish()


def _silence() -> None:
    """Let Trackio print nothing."""
    # It prints to standard output, which has the results of commands, and offers no setting.
    for name in ("trackio", "trackio.run", "trackio.utils"):
        vars(sys.modules[name])["print"] = lambda *_args, **_options: None
