"""The command `zoo tune`: search for a better recipe of a model."""

from __future__ import annotations

import functools
import math
import os
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_core.plugin_api import (
    InterruptedTrainingError,
    InvalidValueError,
    Stop,
    TrainingError,
    ZooCommand,
    deferred_signals,
    installed_catalog,
    options,
    shell_command,
)

if TYPE_CHECKING:
    from zoo_core.plugin_api import Study

JOURNAL = "journal.log"

STUDY_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")

TRIALS = 40
"""Default number of trials of a search without a timeout."""

ARGUMENTS = "zoo_tune.arguments"
"""Key of the command's own arguments in click's context."""


_SECTIONS = {
    "Search": (
        "--space",
        "--grid",
        "--trials",
        "--timeout",
        "--seed",
        "--seeds",
        "--folds",
        "--nested",
        "--no-pruning",
        "--study",
        "--storage",
        "--out",
        "--track",
    ),
    "Recipe": ("--recipe", "--dataset", "--epochs", "--set"),
    "Workers": ("--workers", "--device", "--threads", "--patience", "--data-dir"),
}
"""Headings of the options in the help."""


class _Tune(ZooCommand):
    """A command that keeps its arguments, for worker processes and for the hint how to resume."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[ARGUMENTS] = list(args)  # a copy, because parsing empties the list
        return super().parse_args(ctx, args)


@click.command(
    cls=_Tune,
    sections=_SECTIONS,
    examples={
        "Search for 40 trials": "zoo tune mlp",
        "Search for an hour, with two workers": "zoo tune mlp --timeout 3600 --workers 2",
        "Try every combination of a space of your own": "zoo tune cnn --space space.toml --grid",
        "Score each setting by three seeds": "zoo tune mlp --trials 20 --seeds 3",
        "Draw the pictures of the search": "zoo report studies/mlp",
    },
)
@click.argument("name", shell_complete=options.complete_models)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Number of trials in all.  [default: {TRIALS}, or no limit with --timeout or --grid]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Start no trial after this time.",
)
@click.option("--space", metavar="NAME", help="One of the model's search spaces, or a .toml file.")
@click.option("--grid", is_flag=True, help="Try every combination of the space's choices.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of processes that train trials in parallel.",
)
@click.option(
    "--storage",
    metavar="URL",
    help="Storage of the trials: a path, sqlite:///FILE, postgresql+psycopg://… or "
    "mysql+pymysql://…; workers with the same storage share the study.  "
    "[default: journal.log in the folder]",
)
@click.option("--study", metavar="NAME", help="Name of the study.  [default: the model's name]")
@click.option(
    "--recipe",
    metavar="NAME",
    help="Recipe to start from, or a .toml file.  [default: the space's recipe]",
)
@options.recipe_dataset
@click.option("--epochs", type=int, metavar="N", help="Override the recipe's number of epochs.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a value of the recipe, which is then not searched. Repeatable.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Random seed of the sampler.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Train each setting with this many seeds; its score is the mean.  [default: 1]",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    metavar="N",
    help="Score each setting by the mean of N folds, instead of on the validation split.",
)
@click.option(
    "--nested",
    type=click.IntRange(min=2),
    metavar="N",
    help="Score the search itself: search N times without a fold each, train the best recipe, and "
    "score it on that fold.",
)
@click.option("--no-pruning", is_flag=True, help="Train unpromising trials to their end, too.")
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Folder of the results.  [default: studies/STUDY]",
)
@click.option("--device", metavar="NAME", help="auto, cpu, cuda or mps.  [default: auto]")
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="CPU threads per worker.  [default: number of physical cores, shared by the workers]",
)
@click.option(
    "--patience",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Repeat a trial after this time without a heartbeat of its worker.",
)
# The fold that this search does not see, of those of --nested.
@click.option("--outer", type=int, hidden=True)
# The process whose worker this one is.
@click.option("--parent", type=int, hidden=True)
@options.track
@options.quiet("the file of the best recipe")
@options.as_json
@click.pass_context
def tune(  # noqa: PLR0917 (click passes every argument by name)
    ctx: click.Context,
    name: str,
    trials: int | None,
    timeout: float | None,
    space: str | None,
    grid: bool,
    workers: int,
    storage: str | None,
    study: str | None,
    recipe: str | None,
    dataset: str | None,
    epochs: int | None,
    assignments: tuple[str, ...],
    seed: int,
    seeds: int,
    folds: int | None,
    nested: int | None,
    no_pruning: bool,
    folder: Path | None,
    device: str | None,
    threads: int | None,
    patience: float,
    outer: int | None,
    parent: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Search for a better recipe of the model NAME.

    A setting's score is its accuracy on the validation split; the test split is not used. Trials
    are kept, and the same command continues a search that was stopped. The best recipe is written
    to best.toml, for `zoo train NAME --recipe`.
    """
    from zoo_core.plugin_api import (
        TrialRunner,
        call_hook,
        check_trackers,
        parse_set,
        physical_cores,
    )
    from zoo_tune.progress import Board
    from zoo_tune.results import summarize, write_results
    from zoo_tune.screen import announce, report
    from zoo_tune.search import make_search
    from zoo_tune.storage import open_storage, storage_errors, without_password
    from zoo_tune.workers.worker import Worker
    from zoo_tune.workers.worker_pool import run_workers

    study = study or name.replace("/", "-") + "-grid" * grid + "-nested" * bool(nested)
    if not STUDY_NAME.fullmatch(study):
        raise InvalidValueError(
            f"invalid --study: expected letters, digits, '.', '_' and '-', got {study!r}"
        )
    named = {"dataset": dataset, "epochs": epochs}
    catalog = installed_catalog()
    check_trackers(catalog)
    folder = folder or Path("studies") / study
    if nested and outer is None:
        how = {"device": device or "auto", "threads": threads}
        _tune_nested(ctx, name, nested, folder, quiet=quiet, as_json=as_json, **how)
        return
    if nested and outer:
        from zoo_tune.nested import search_folder

        study, folder = f"{study}-{outer}", search_folder(folder, outer)
    left_out = (nested, outer) if nested and outer else None
    search = make_search(
        catalog,
        name,
        space=space,
        grid=grid,
        trials=trials if grid or timeout is not None else trials or TRIALS,
        recipe=recipe,
        given=[*map(parse_set, assignments), {k: v for k, v in named.items() if v is not None}],
        seed=seed,
        seeds=seeds,
        pruning=not no_pruning,
        folds=folds or 0,
        left_out=left_out,
    )
    share = max(physical_cores() // workers, 1) if workers > 1 else None
    runner = TrialRunner(
        catalog, device=device or "auto", threads=threads or share, left_out=left_out
    )
    where = storage or str(folder / JOURNAL)
    until = math.inf if timeout is None else time.monotonic() + timeout
    with deferred_signals() as stop, storage_errors(where):
        opened = search.open_study(open_storage(where), study)
        worker = Worker(catalog, search, opened, runner, stop, patience, until)
        if parent is not None:
            worker.work(functools.partial(_stop_orphan, parent, stop))
            return
        # At the start as well, so that a folder that cannot be written is found before training.
        write_results(folder, summarize(search, opened), search, catalog)
        if not (as_json or quiet):
            announce(search, opened, without_password(where), patience)
        with Board(search, opened, quiet=as_json or quiet) as board:
            if workers == 1:
                worker.work(board.update)
            else:
                # Before the user's arguments, because these may end with `-- NAME`.
                arguments = ["--parent", str(os.getpid()), *ctx.meta[ARGUMENTS]]
                run_workers(arguments, workers, opened, stop, board.update)
        summary = summarize(search, opened)
        write_results(folder, summary, search, catalog)
        call_hook(catalog.hooks, "zoo_tune_end", "the search is kept", study=summary, folder=folder)
    if not (left_out and (as_json or quiet)):  # of nested searches, the last result alone
        report(summary, folder, as_json=as_json, quiet=quiet)
    # Without the hidden option of nested searches, which comes first.
    given = ctx.meta[ARGUMENTS][2 if left_out else 0 :]
    _check_complete(summary, stop, [w.replace(where, without_password(where)) for w in given])


def _check_complete(summary: Study, stop: Stop, arguments: Sequence[str]) -> None:
    """Raise if a signal stopped the search, or if none of its trials is complete."""
    if stop.signal:
        raise InterruptedTrainingError(
            stop.signal,
            f"interrupted after {len(summary.trials)} trials, which are kept. To continue, run: "
            f"{shell_command('zoo', 'tune', *arguments)}",
        )
    if not summary.ranked:
        reasons = sorted({trial.reason for trial in summary.trials})
        raise TrainingError(
            f"none of {len(summary.trials)} trials is complete: "
            f"{next(iter(reasons), 'the timeout was too short')}",
            hint="Narrow the search space: --space FILE.toml",
        )


def _tune_nested(
    ctx: click.Context,
    name: str,
    folds: int,
    folder: Path,
    *,
    quiet: bool,
    as_json: bool,
    **how: Any,
) -> None:
    """Run this command once per outer fold, and print the scores of all folds."""
    from zoo_core.plugin_api import report_folds
    from zoo_tune.nested import run_nested

    def search(fold: int) -> None:
        # Before the user's arguments, because these may end with `-- NAME`.
        arguments = ["--outer", str(fold), *ctx.meta[ARGUMENTS]]
        tune.main(arguments, prog_name="zoo tune", standalone_mode=False)

    scores = run_nested(installed_catalog(), name, folds, folder, search, **how)
    report_folds(scores, folder, quiet=quiet, as_json=as_json)


def _stop_orphan(parent: int, stop: Stop) -> None:
    """Stop a worker whose parent process was killed, and could send no signal."""
    if os.getppid() != parent:  # an orphan has a different parent
        stop.request(signal.SIGTERM)
