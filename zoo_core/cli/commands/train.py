"""`zoo train`: train a model into a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.installation.installed import installed_catalog
from zoo_core.system.terminal import print_lines
from zoo_core.training import CHECKPOINT_SECONDS

if TYPE_CHECKING:
    from zoo_core.cli.training.progress import TrainingProgress
    from zoo_core.cli.training.request import TrainRequest
    from zoo_core.frameworks.run import Run

_SECTIONS = {
    "Recipe": ("--recipe", "--dataset", "--epochs", "--seed", "--set"),
    "Several trainings": ("--seeds", "--folds", "--fold"),
    "Instead of a training": ("--find-lr",),
    "Run": (
        *("--out", "--resume", "--data-dir", "--device", "--threads", "--checkpoint-every"),
        "--track",
    ),
}
"""Headings of the options in the help."""


FACTS = {
    *("recipe", "initial", "teacher", "ended", "continued", "metrics", "seconds", "weights"),
}
"""Keys of the card in the output of --json."""


@click.command(
    cls=ZooCommand,
    sections=_SECTIONS,
    examples={
        "Train with the default recipe": "zoo train mlp",
        "Train another recipe with other values, with the seeds 0 to 4": (
            "zoo train cnn --recipe best --epochs 3 --set lr=0.005 --seeds 5"
        ),
        "Train on your own images": "zoo train cnn --dataset folder:photos --out runs/photos",
        "Train on all but one of 5 folds, 5 times": "zoo train mlp --folds 5 --out runs/folds",
        "Continue a training that was interrupted": "zoo train --resume runs/photos",
    },
)
@click.argument("name", required=False, shell_complete=options.complete_models)
@click.option(
    "--resume",
    "folder",
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="Resume the training in this folder, instead of NAME; a finished one with --epochs.",
)
@click.option(
    "--recipe",
    metavar="NAME",
    help="Recipe of the model, or a .toml file.  [default: the recipe named default]",
)
@options.recipe_dataset
@click.option("--epochs", type=int, metavar="N", help="Override the recipe's number of epochs.")
@click.option("--seed", type=int, metavar="N", help="Override the recipe's random seed.")
@click.option(
    "--seeds",
    type=click.IntRange(min=2),
    metavar="N",
    help="Train with N seeds, in the folders seed-0, seed-1, … of --out; those done are kept.",
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a value of the recipe, such as lr=0.05 or model.hidden=64. Repeatable.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Run folder, new or empty.  [default: runs/NAME-1, runs/NAME-2, …]",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    metavar="N",
    help="Train N times, each time on all training examples but a different part of them, which is "
    "tested; the same command continues.",
)
@click.option("--fold", type=int, metavar="K", help="Of the folds, train only this one, from 1.")
@click.option(
    "--find-lr",
    is_flag=True,
    help="Try rising learning rates for a few steps instead, and suggest one; --out FILE.png or "
    "FILE.svg draws the loss.",
)
# Without a default, because a resumed training has the device of its run, not `auto`.
@click.option("--device", metavar="NAME", help="auto, cpu, cuda or mps.  [default: auto]")
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of CPU threads.  [default: number of physical cores]",
)
@click.option(
    "--checkpoint-every",
    type=click.FloatRange(min=0),
    default=CHECKPOINT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Time between two checkpoints; 0 for one per step.",
)
@options.track
@options.quiet("the run's folder")
@options.verbose("all scores of each epoch, learning rate, pace and memory")
@options.as_json
def train(  # noqa: PLR0917 (click passes every argument by name)
    name: str | None,
    folder: Path | None,
    recipe: str | None,
    dataset: str | None,
    epochs: int | None,
    seed: int | None,
    seeds: int | None,
    assignments: tuple[str, ...],
    out: Path | None,
    folds: int | None,
    fold: int | None,
    find_lr: bool,
    device: str | None,
    threads: int | None,
    checkpoint_every: float,
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Train the model NAME; write weights, card and metrics to a run folder."""
    from zoo_core.cli.training.request import TrainRequest
    from zoo_core.plugins.faults.fault import noting_model
    from zoo_core.training.checks.trackers import check_trackers

    values = {"dataset": dataset, "epochs": epochs, "seed": seed}
    given: dict[str, Any] = {k: v for k, v in values.items() if v is not None}
    ways = {"--seeds": seeds, "--folds": folds, "--find-lr": find_lr or None}
    _check_ways([way for way, value in ways.items() if value is not None])
    if fold is not None and folds is None:
        raise click.UsageError("--fold requires --folds, the number of folds")
    decided = given.keys() - {"epochs"} or assignments or recipe or (out and not epochs)
    _check_usage(name, folder, decided=bool(decided or any(ways.values())))
    check_trackers(installed_catalog())
    request = TrainRequest(
        name=name or "",
        recipe=recipe or "default",
        assignments=assignments,
        given=given,
        out=out,
        device=device,
        threads=threads,
        checkpoint_every=checkpoint_every,
        quiet=quiet,
        verbose=verbose,
        as_json=as_json,
    )
    if find_lr:
        from zoo_core.cli.training.find_lr import print_lr_range

        print_lr_range(request)
    elif folds is not None:
        from zoo_core.cli.training.folds import train_folds

        train_folds(request, folds, fold)
    elif seeds is not None:
        from zoo_core.cli.training.seed_runs import train_seeds

        train_seeds(request, seeds)
    else:
        with request.progress() as reporter:
            if folder is None:
                training = request.new(out, callbacks=reporter)
            elif epochs is None:
                training = request.resume(folder, callbacks=reporter)
            else:
                training = request.continue_run(folder, epochs, callbacks=reporter)
            with noting_model(training.plan.model):
                run = training.run()
        _report(request, run, reporter)


def _report(request: TrainRequest, run: Run, reporter: TrainingProgress) -> None:
    """Print the facts of the card as JSON, or the run's folder with --quiet."""
    from zoo_core.frameworks.distributed import env_rank

    if env_rank() > 0:  # one report per training, not per process
        return
    if request.as_json:
        card = run.card
        facts = card.model_dump(mode="json", include=FACTS)
        data = {"data": reporter.overview.as_json()} if reporter.overview else {}
        print_json({"model": card.model, "run": str(run.folder), **facts, **data})
    elif request.quiet:
        print_lines(str(run.folder))


def _check_ways(ways: list[str]) -> None:
    if len(ways) > 1:
        raise click.UsageError(f"expected at most one of {', '.join(ways)}")


def _check_usage(name: str | None, folder: Path | None, *, decided: bool) -> None:
    if name is None and folder is None:
        raise click.UsageError("expected the name of a model; `zoo list` lists them")
    if folder is not None and (name is not None or decided):
        raise click.UsageError(
            f"--resume uses the config.json of {folder}: leave out NAME, --recipe, --dataset, "
            "--seed, --seeds, --set, --folds, --find-lr and, except for a finished training with "
            "--epochs, --out"
        )
