"""The listing of `zoo list runs`: runs and studies in a folder, as a table or as JSON."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zoo_core.cli.output import print_json
from zoo_core.cli.tables.pager import print_long
from zoo_core.cli.tables.table import table_lines
from zoo_core.errors import DataError
from zoo_core.system.terminal import print_lines
from zoo_core.text import natural_key
from zoo_core.training.runs.run_facts import RunFacts, find_runs

RUNS = "runs"
"""Folder of the runs of `zoo train`, below the working directory."""

# The score of an unfinished run is on another split than that of a finished one.
_COLUMNS = ("folder", "model", "data", "state", "score", "on", "age")

_OPTIONAL = ("age", "on", "data", "model")
"""Columns that are left out where the terminal is too narrow, the least important first."""


def runs_in(folder: str | None) -> list[RunFacts]:
    """Return the runs in a folder, by default ``runs``, in the order of their names.

    Raises:
        DataError: there is no such folder.
    """
    root = Path(folder or RUNS)
    if folder is not None and not root.is_dir():
        raise DataError(f"there is no folder {root}", hint="Name the folder that has the runs.")
    return sorted(find_runs(root), key=lambda run: natural_key(str(run.folder)))


def print_runs(folder: str | None, *, as_json: bool) -> None:
    """Print the runs in a folder."""
    runs = runs_in(folder)
    if as_json:
        print_json({"runs": [*map(_facts, runs)]})
        return
    if not runs:
        where = folder or RUNS
        print_lines(f"There are no runs in {where}. To train one: zoo train NAME", err=True)
        return
    print_long(table_lines(_COLUMNS, [*map(_row, runs)], optional=_OPTIONAL))
    for run in runs:
        if run.state == "damaged":
            print_lines(f"zoo: {run.folder} is damaged: {run.problem}", err=True)


def age_text(seconds: float) -> str:
    """Return an age in its largest unit, such as ``3 h``."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:,.0f} {unit}"
    return "now"


def _row(run: RunFacts) -> dict[str, Any]:
    return {
        "folder": str(run.folder),
        "model": run.model,
        "data": run.dataset,
        "state": run.state_text,
        "score": run.score,
        "on": run.split,
        "age": age_text(time.time() - run.changed),
    }


def _facts(run: RunFacts) -> dict[str, Any]:
    changed = datetime.fromtimestamp(run.changed, UTC).isoformat(timespec="seconds")
    return {**vars(run), "folder": str(run.folder), "changed": changed}
