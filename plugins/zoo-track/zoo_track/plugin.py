"""The hooks of the plugin, which report trainings and searches to the chosen trackers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from zoo_core import Run
    from zoo_core.plugin_api import Card, ScoredSteps, Study

# Every import is deferred, because every command of zoo imports this module, and every training
# calls these hooks.


@hookimpl
def zoo_trackers(names: Sequence[str]) -> list[str]:
    from zoo_track.offers import OFFERS, check_packages

    check_packages(names)
    return [*OFFERS]


@hookimpl
def zoo_train_start(run: Run) -> None:
    from zoo_core.plugin_api import trackers

    if names := trackers():
        from zoo_track.session import start_session

        start_session(run.folder, names)


@hookimpl
def zoo_steps_scored(run: Run, scored: ScoredSteps) -> None:
    if session := _session(run):
        session.steps_scored(scored)


@hookimpl
def zoo_epoch_end(run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
    if session := _session(run):
        session.epoch_end(epoch, metrics)


# First, because a tracker in its thread may stumble over the imports of a plugin that draws.
@hookimpl(tryfirst=True)
def zoo_train_end(run: Run, result: Card) -> None:
    if session := _session(run):
        session.train_end(result)


@hookimpl(tryfirst=True)
def zoo_tune_end(study: Study, folder: Path) -> None:
    from zoo_core.plugin_api import trackers

    if names := trackers():
        from zoo_track.studies import report_study

        report_study(study, folder, names)


def _session(run: Run) -> Any:
    """Return the session of a training; None if it is not tracked."""
    import sys

    # Not imported here, because most trainings are not tracked.
    module = sys.modules.get("zoo_track.session")
    return module and module.sessions.get(run.folder.absolute())
