"""`zoo runs`: removal of what the folders of trainings no longer need."""

from __future__ import annotations

import time

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooGroup
from zoo_core.cli.info.words import bytes_text
from zoo_core.cli.output import print_json
from zoo_core.cli.run_listing import runs_in
from zoo_core.cli.tables.table import print_table
from zoo_core.installation.installed import installed_catalog
from zoo_core.system.terminal import print_lines


@click.group(
    cls=ZooGroup,
    examples={
        "See all runs": "zoo list runs",
        "See how much the checkpoints of finished runs take": "zoo runs prune",
    },
)
def runs() -> None:
    """Manage the folders of trainings; `zoo list runs` lists them."""


@runs.command(
    examples={
        "See what the checkpoints of finished runs take": "zoo runs prune",
        "Remove them": "zoo runs prune --yes",
        "Remove unfinished runs without a change for 30 days": "zoo runs prune --unfinished 30 "
        "--yes",
        "Keep the best 3 runs of each model and data set": "zoo runs prune --keep-best 3 --yes",
    },
)
@click.argument("folder", required=False)
@click.option("--checkpoints", is_flag=True, help="Remove the checkpoints of finished runs.")
@click.option(
    "--unfinished",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    help="Remove unfinished runs that have not changed for DAYS.",
)
@click.option(
    "--keep-best",
    type=click.IntRange(min=1),
    metavar="K",
    help="Remove finished runs except the best K of each model and data set, by validation score.",
)
@click.option("--yes", is_flag=True, help="Remove; without it, only show what would be removed.")
@options.as_json
def prune(  # noqa: PLR0917 (click passes every argument by name)
    folder: str | None,
    checkpoints: bool,
    unfinished: float | None,
    keep_best: int | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove checkpoints and runs below FOLDER, by default runs.

    Without an option it is about the checkpoints of finished runs, which only a training for more
    epochs needs. A run that is being trained, and what is not a run, is never removed.
    """
    from zoo_core.training.runs.prune import (
        Removal,
        all_but_best,
        finished_checkpoints,
        old_unfinished,
        remove,
    )

    found = runs_in(folder)
    removals: list[Removal] = []
    if keep_best is not None:
        removals += all_but_best(found, keep_best, installed_catalog())
    if unfinished is not None:
        removals += old_unfinished(found, unfinished, time.time())
    if checkpoints or (keep_best is None and unfinished is None):
        gone = {each.run.folder for each in removals}
        removals += (each for each in finished_checkpoints(found) if each.run.folder not in gone)
    if yes:
        removals = [each for each in removals if remove(each)]
    total = sum(each.bytes for each in removals)
    rows = [
        {"folder": str(each.path), "reason": each.reason, "size": bytes_text(each.bytes)}
        for each in removals
    ]
    if as_json:
        facts = [{**row, "size": each.bytes} for row, each in zip(rows, removals, strict=True)]
        print_json({"removed": yes, "bytes": total, "folders": facts})
        return
    if rows:
        print_table(("folder", "size", "reason"), rows)
    if yes:
        print_lines(f"Removed {bytes_text(total)}.")
    else:
        again = " Add --yes to remove it." if rows else ""
        print_lines(f"{bytes_text(total)} would be removed.{again}")
