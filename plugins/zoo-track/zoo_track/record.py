"""The record of what was reported, ``track.json`` in a run's folder, so that nothing is twice."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zoo_core.plugin_api import write_atomic
from zoo_track.tracker import Point

FILE = "track.json"


class Record:
    """The record of a training: ids of its runs, and the last step and epoch of each tracker.

    A resumed training computes the same steps to the bit, so that those that were reported before
    it was stopped need not be reported again.
    """

    def __init__(self, folder: Path) -> None:
        self._path, self._lock = folder / FILE, threading.Lock()
        self._entries: dict[str, dict[str, Any]] = {}
        self.steps = 0
        """Number of steps per epoch; 0 before the first one."""
        # With a damaged file, new runs are begun, because a training must not stop for it.
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            stored = json.loads(self._path.read_bytes())
            self._entries = {name: _entry(each) for name, each in stored["trackers"].items()}
            self.steps = int(stored["steps"])

    def id_of(self, name: str) -> str:
        """Return the id of a tracker's run; empty for none."""
        return str(self._entries.get(name, {}).get("id", ""))

    def start(self, name: str, run: str) -> None:
        """Store the id of a tracker's run."""
        with self._lock:
            if self.id_of(name) != run:
                self._entries[name] = _entry({"id": run})
                self._write()

    def has(self, name: str, step: int, epoch: int) -> bool:
        """Return whether a step, or an epoch that is not 0, was reported."""
        entry = self._entries.get(name, {})
        kind, number = ("epoch", epoch) if epoch else ("step", step)
        return number <= int(entry.get(kind, 0))

    def add(self, name: str, points: Sequence[tuple[Point, int]]) -> None:
        """Store that points, each with its epoch or 0, were reported."""
        with self._lock:
            entry = self._entries[name]
            for point, epoch in points:
                kind, number = ("epoch", epoch) if epoch else ("step", point.step)
                entry[kind] = max(entry[kind], number)
            self._write()

    def _write(self) -> None:
        stored = {"schema": 1, "steps": self.steps, "trackers": self._entries}
        write_atomic(self._path, (json.dumps(stored, indent=1) + "\n").encode())


def _entry(stored: dict[str, Any]) -> dict[str, Any]:
    step, epoch = stored.get("step", 0), stored.get("epoch", 0)
    return {"id": str(stored["id"]), "step": int(step), "epoch": int(epoch)}
