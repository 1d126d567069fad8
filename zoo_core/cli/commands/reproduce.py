"""`zoo reproduce`: train published weights again and compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.errors import VerificationError
from zoo_core.installation.installed import installed_catalog
from zoo_core.registry.lookup import resolve_weights
from zoo_core.system.terminal import print_lines

if TYPE_CHECKING:
    from zoo_core.publishing.reproduce import Reproduction


@click.command(
    cls=ZooCommand,
    examples={
        "With the published seed": "zoo reproduce numpy-net",
        "With three seeds, whose runs are kept": "zoo reproduce mlp --seeds 3 --out reproduced",
        "With as many threads as this computer has": "zoo reproduce cnn --threads 8",
    },
)
@click.argument("name", shell_complete=options.complete_weights)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    metavar="N",
    help="Train with the seeds 0 to N-1.  [default: the published seed]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of the runs.  [default: runs are deleted]",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of CPU threads.  [default: the published number]",
)
@options.registry
@options.data_dir
@options.quiet("what differs")
@options.verbose("the epochs of each training")
@options.as_json
def reproduce(  # noqa: PLR0917 (click passes every argument by name)
    name: str,
    seeds: int | None,
    out: Path | None,
    threads: int | None,
    registry: str | None,
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Train the published weights NAME again, from their card alone, and compare.

    In the published environment and with the published seed, the bytes must be equal. Otherwise,
    the test score must be within the published interval. If it is not, the exit code is 5.
    """
    from zoo_core.cli.training.progress import TrainingProgress
    from zoo_core.publishing.reproduce import reproduce_published

    found = resolve_weights(installed_catalog(), name, registry)
    if not (as_json or quiet):
        print_lines(f"Reproducing {found.name}")
    # Only the live line: the epochs of several trainings would hide the comparisons.
    with TrainingProgress(quiet=as_json or not verbose, verbose=verbose) as reporter:
        done = reproduce_published(
            installed_catalog(),
            found,
            seeds=None if seeds is None else range(seeds),
            out=out,
            threads=threads,
            callbacks=reporter,
            on_result=lambda each: None if as_json or (quiet and each.holds) else _print(each),
        )
    if as_json:
        print_json({"name": found.name, "reproductions": list(map(_report_row, done))})
    return 0 if all(each.holds for each in done) else VerificationError.exit_code


def _print(done: Reproduction) -> None:
    seed = done.card.recipe.seed
    print_lines(f"  {'ok  ' if done.holds else 'FAIL'}  seed {seed}: {done.verdict()}")
    for what, (published, here) in done.differences.items():
        print_lines(f"        {what}: published with {published}, here {here}")


def _report_row(done: Reproduction) -> dict[str, object]:
    card, interval = done.card, done.published.interval
    return {
        "seed": card.recipe.seed,
        "holds": done.holds,
        "same_bytes": done.same_bytes,
        "within_interval": done.within,
        **card.metrics["test"].headline,
        "interval": interval and interval.model_dump(mode="json"),
        "sha256": card.weights.sha256,
        "published_sha256": done.published.weights.sha256,
        "differences": {
            what: {"published": published, "here": here}
            for what, (published, here) in done.differences.items()
        },
    }
