"""Removal of what runs no longer need: checkpoints, old unfinished runs, all but the best runs."""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zoo_core.errors import DataError, ZooError
from zoo_core.filenames import CARD
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.terminal import print_lines
from zoo_core.training.run_folder import locked_run
from zoo_core.training.runs.run_facts import CHECKPOINTS, RunFacts, read_run_facts
from zoo_core.weights.card import read_card

DAY = 86_400.0
"""Seconds of a day."""


@dataclass(frozen=True)
class Removal:
    """A folder to remove.

    Attributes:
        run: the run that it belongs to.
        path: the folder: that of the run, or of its checkpoints.
        reason: reason in words.
        bytes: size of its files.
    """

    run: RunFacts
    path: Path
    reason: str
    bytes: int


def finished_checkpoints(runs: Sequence[RunFacts]) -> Iterator[Removal]:
    """Yield the checkpoints of finished runs."""
    for run in runs:
        path = run.folder / CHECKPOINTS
        if run.state in {"finished", "diverged"} and path.is_dir() and not path.is_symlink():
            yield Removal(run, path, "checkpoints of a finished run", size_of(path))


def old_unfinished(runs: Sequence[RunFacts], days: float, now: float) -> Iterator[Removal]:
    """Yield the unfinished runs that have not changed for some days."""
    for run in runs:
        age = (now - run.changed) / DAY
        if run.state == "stopped" and age > days and not _has_others(run, runs):
            yield Removal(
                run, run.folder, f"{run.state_text}, {age:,.0f} days old", size_of(run.folder)
            )


def all_but_best(runs: Sequence[RunFacts], keep: int, catalog: Catalog) -> Iterator[Removal]:
    """Yield the finished runs that are not among the best ones of their model and data set.

    Args:
        runs: the runs.
        keep: number of runs to keep of each model and data set.
        catalog: the installed plugins, whose tasks decide which score is better.

    Raises:
        ZooError: the card of a run is damaged, or no plugin offers its task.
    """
    groups: dict[tuple[str, str], list[RunFacts]] = {}
    for run in runs:
        if run.state in {"finished", "diverged"}:
            groups.setdefault((run.model, run.dataset), []).append(run)
    for (model, dataset), group in groups.items():
        # Stable: of equal ones, the first in the order of names is kept.
        ranked = sorted(group, key=lambda run: _rank(run, catalog), reverse=True)
        for place, run in enumerate(ranked[keep:], keep + 1):
            if not _has_others(run, runs):
                reason = f"number {place} of {len(group)} of {model} on {dataset}"
                yield Removal(run, run.folder, reason, size_of(run.folder))


def remove(removal: Removal) -> bool:
    """Remove a folder, unless a training has begun in it meanwhile; return whether it was.

    A folder that cannot be removed costs a warning.
    """
    run = removal.run
    try:
        with locked_run(run.folder):
            facts = read_run_facts(run.folder)
            # "running", because this process holds the lock now.
            if (
                facts is None
                or facts.changed != run.changed
                or facts.state not in {run.state, "running"}
            ):
                raise DataError(f"{run.folder} has changed meanwhile, and is kept")
            shutil.rmtree(removal.path)
    except ZooError as exc:
        print_lines(f"zoo: {exc}", err=True)
        return False
    except OSError as exc:
        print_lines(f"zoo: {removal.path} cannot be removed: {exc.strerror or exc}", err=True)
        return False
    return True


def _rank(run: RunFacts, catalog: Catalog) -> tuple[float, float]:
    """Return numbers that are higher for a better run, as in `zoo_core.metrics.scores.rank`."""
    card = read_card(run.folder / CARD)
    # Those of the validation split, because scores are too optimistic once they have chosen a run.
    scores = card.metrics["validation"]
    first = {task.measures[0] for task in find_tasks(catalog, card.dataset.targets)}
    if len(first) > 1:
        return -scores.mean_loss, 0.0
    (measure,) = first
    mean = statistics.fmean(scores[measure.name])
    return mean if measure.higher_is_better else -mean, -scores.mean_loss


def size_of(folder: Path) -> int:
    """Return the size of the files in a folder, in bytes; links are not followed."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 (as walk gives)
            except OSError:  # removed meanwhile
                continue
    return total


def _has_others(run: RunFacts, runs: Sequence[RunFacts]) -> bool:
    """Return whether a run's folder contains other runs."""
    return any(run.folder in other.folder.parents for other in runs)
