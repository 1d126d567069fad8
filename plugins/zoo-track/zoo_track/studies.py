"""Reports of a search: its trials as runs of one group."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.plugin_api import one_line, print_lines
from zoo_track.describe import flat
from zoo_track.offers import OFFERS, make_tracker
from zoo_track.record import Record
from zoo_track.tracker import Ending, Point, Subject

if TYPE_CHECKING:
    from zoo_core.plugin_api import Study, Trial

TRIALS = "trials"
"""Folder in that of the study, with a folder per trial."""


def report_study(study: Study, folder: Path, names: Iterable[str]) -> None:
    """Report the trials of a search to trackers; the failure of one costs a warning."""
    for name in names:
        if name not in OFFERS:
            continue
        try:
            for trial in study.trials:
                _report_trial(study, trial, folder / TRIALS / str(trial.number), name)
        except Exception as exc:
            print_lines(
                f"zoo: the tracker {name} failed, the search is kept: {one_line(exc)}", err=True
            )


def _report_trial(study: Study, trial: Trial, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    record = Record(folder)
    if record.id_of(name):  # reported at the end of an earlier call of `zoo tune`
        return
    tracker = make_tracker(name)
    subject = Subject(
        name=f"{study.name}-{trial.number}",
        folder=folder,
        params=flat({"model": study.model, "dataset": study.dataset, **trial.values}),
        facts={"state": trial.state, **({"reason": trial.reason} if trial.reason else {})},
        group=study.name,
    )
    run = tracker.start(subject, "")
    points = [Point(epoch, {"validation/score": s}) for epoch, s in enumerate(trial.curve, 1)]
    if points:
        tracker.log(points)
    results = {"kept/validation/score": trial.mean} if trial.mean is not None else {}
    tracker.end(Ending(finished=True, results={**results, "seconds": trial.seconds}))
    record.start(name, run)
