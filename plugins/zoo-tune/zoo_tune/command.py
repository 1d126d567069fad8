"""`zoo tune`."""

from __future__ import annotations

import re
import shlex
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from zoo_core.plugin_api import (
    InterruptedTrainingError,
    InvalidValueError,
    TrainingError,
    deferred_signals,
    installed_catalog,
    options,
    print_json,
)
from zoo_tune.workers import PARENT

if TYPE_CHECKING:
    import optuna

    from zoo_core.plugin_api import Study
    from zoo_tune.search import Search

JOURNAL = "journal.log"

STUDY_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")

TRIALS = 40
"""How many are tried, where neither their number nor a time is given."""


@click.command()
@click.argument("name", shell_complete=options.complete_models)
@click.option("--trials", type=click.IntRange(min=1), metavar="N", help="Settings to try in all.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Begin no trial after this time.",
)
@click.option("--space", help="One of the model's search spaces, or a .toml file.")
@click.option("--grid", is_flag=True, help="Try every combination of the space's choices.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, metavar="K")
@click.option(
    "--storage",
    metavar="URL",
    help="Where trials are kept: a path, sqlite:///FILE, postgresql+psycopg://… or "
    "mysql+pymysql://…; workers that name the same one share the study.  "
    "[default: journal.log in the folder]",
)
@click.option("--study", metavar="NAME", help="Of the search.  [default: the model's name]")
@click.option("--recipe", help="To begin from, a name or a .toml file.  [default: the space's]")
@options.dataset
@click.option("--epochs", type=int, help="Instead of the recipe's.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="A value instead of the recipe's, which is not searched then. Repeatable.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of what is tried.")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Train each setting so many times and judge it by the mean.  [default: 1]",
)
@click.option("--no-pruning", is_flag=True, help="Train hopeless trials to their ends, too.")
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the best recipe is left.  [default: studies/STUDY]",
)
@click.option("--device", help="auto, cpu, cuda or mps.  [default: auto]")
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="CPU threads of each worker.  [default: the physical cores, shared among them]",
)
@click.option(
    "--patience",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="After so long without a sign of life, a worker's trial is done again.",
)
@click.option(PARENT, "parent", type=int, hidden=True)
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
    no_pruning: bool,
    folder: Path | None,
    device: str | None,
    threads: int | None,
    patience: float,
    parent: int | None,
    as_json: bool,
) -> None:
    """Search for a better recipe of the model NAME.

    Settings are judged by accuracy on the validation split; the test split is not read. What was
    tried is kept, and the same command goes on where it was stopped. The best recipe is left as
    best.toml, for `zoo train NAME --recipe`.
    """
    from zoo_core.plugin_api import call_hook, parse_set
    from zoo_tune.progress import Board
    from zoo_tune.results import make_writable, summarize, write_outcome
    from zoo_tune.search import make_search
    from zoo_tune.storage import open_storage, readable, without_password
    from zoo_tune.workers.session import Session
    from zoo_tune.workers.worker import Limits

    study = study or name.replace("/", "-") + "-grid" * grid
    if not STUDY_NAME.fullmatch(study):
        raise InvalidValueError(
            f"--study {study!r} cannot name a study", hint="Allowed are letters, digits, . _ and -"
        )
    named = {"dataset": dataset, "epochs": epochs}
    search = make_search(
        installed_catalog(),
        name,
        space=space,
        grid=grid,
        recipe=recipe,
        given=[*map(parse_set, assignments), {k: v for k, v in named.items() if v is not None}],
        seed=seed,
        seeds=seeds,
        pruning=not no_pruning,
    )
    if search.grid is not None:
        search = replace(search, grid=search.grid[:trials])
    folder = folder or Path("studies") / study
    make_writable(folder)  # now, and not when the search is done
    where = storage or str(folder / JOURNAL)
    done = TRIALS if trials is timeout is None else trials
    limits = Limits(
        trials=None if grid else done,
        until=None if timeout is None else time.monotonic() + timeout,
        patience=patience,
    )
    total = limits.trials if search.grid is None else len(search.grid)
    with deferred_signals() as stop, readable(where):
        opened = search.open_study(open_storage(where), study)
        session = Session(
            installed_catalog(), search, opened, limits, workers, device or "auto", threads, stop
        )
        if parent is not None:
            session.work_for(parent)
            return
        if not as_json:
            _announce(search, total, opened, without_password(where), patience)
        with Board(opened, search.space, total, quiet=as_json) as board:
            session.run(_words(ctx), board.update)
        outcome = summarize(search, opened)
        best = (
            search.plan_of(installed_catalog(), outcome.ranked[0].values)
            if outcome.ranked
            else None
        )
        write_outcome(folder, outcome, best)
        call_hook(
            installed_catalog().hooks,
            "zoo_tune_end",
            "the search is kept",
            study=outcome,
            folder=folder,
        )
    _report(outcome, folder, as_json=as_json)
    if stop.signal:
        raise InterruptedTrainingError(
            stop.signal,
            f"stopped after {len(outcome.trials)} trials, which are kept. Go on: zoo tune "
            f"{shlex.join(map(without_password, _words(ctx)))}",
        )
    if not outcome.ranked:
        reasons = {trial.reason for trial in outcome.trials}
        raise TrainingError(
            f"none of {len(outcome.trials)} trials was trained to its end: "
            f"{next(iter(sorted(reasons)), 'no time was left')}",
            hint="Narrow the search space: --space FILE.toml",
        )


def _announce(
    search: Search, total: int | None, study: optuna.Study, where: str, patience: float
) -> None:
    from optuna.trial import TrialState

    trials = "trials until the time is over" if total is None else f"{total} trials"
    click.echo(
        f"Tuning {search.plan.model.spec.name} on {search.plan.dataset.spec.name} from recipe "
        f"{search.plan.recipe_name}: {trials} over {', '.join(search.space.ranges)}. "
        f"Study {study.study_name}, kept in {where}."
    )
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    if running:
        numbers = ", ".join(str(trial.number) for trial in running)
        click.echo(
            f"Running elsewhere, or lost: trial {numbers}. A trial without a heartbeat for "
            f"{patience:g} s is repeated."
        )


def _report(study: Study, folder: Path, *, as_json: bool) -> None:
    from zoo_tune import leaderboard
    from zoo_tune.results import BEST

    recipe = folder / BEST if study.ranked else None
    if as_json:
        facts = study.model_dump(mode="json", exclude={"format"})
        print_json(
            {
                **facts,
                "best": study.ranked[0].number if recipe else None,
                "recipe": recipe and str(recipe),
            }
        )
        return
    if recipe is None:
        return
    pruned, failed = study.counted("pruned"), study.counted("failed")
    click.echo(
        f"{len(study.trials)} trials, {pruned} of them stopped early, {failed} failed; "
        f"{study.epochs:,} epochs in {study.seconds:.0f} s. Validation accuracy in percent:"
    )
    for line in leaderboard.leaderboard(study):
        click.echo(line)
    if matters := leaderboard.importances(study):
        click.echo(f"What matters: {matters}.")
    if pictures := sorted(path.name for path in folder.glob("*.png")):
        click.echo(f"Pictures in {folder}: {', '.join(pictures)}")
    click.echo(f"Train the best: zoo train {study.model} --recipe {recipe}")


def _words(ctx: click.Context) -> list[str]:
    """Return the words of this command, so that another process can be given them."""
    words = []
    for option in ctx.command.params:
        if option.name not in ctx.params:
            continue  # --data-dir, which is a variable of the other process already
        value = ctx.params[option.name]
        if isinstance(option, click.Argument):
            words.append(str(value))
        elif value is True:
            words.append(option.opts[-1])
        elif ctx.get_parameter_source(option.name or "") is not ParameterSource.DEFAULT:
            for each in value if isinstance(value, tuple) else (value,):
                words += [option.opts[0], str(each)]
    return words
