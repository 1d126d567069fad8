"""`zoo compare`: scores of several models, and significance of their differences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from zoo_core.cli import options
from zoo_core.cli.comparison_output import (
    comparison_json,
    print_disagreements,
    print_heads,
    print_settings,
)
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.errors import InvalidValueError, join_names
from zoo_core.installation.installed import installed_catalog
from zoo_core.system.progress.live_line import status
from zoo_core.system.terminal import print_lines
from zoo_core.text import counted


@click.command(
    "compare",
    cls=ZooCommand,
    examples={
        "Two published models": "zoo compare cnn mlp",
        "All finished runs of yours": "zoo compare runs/*",
        "More examples on which the models disagree": "zoo compare cnn.best mlp --show 30",
        "Your own images": "zoo compare cnn mlp --dataset folder:photos",
        "Two trainings with the same folds": "zoo compare runs/folds-a runs/folds-b",
    },
)
@click.argument("weights", nargs=-1, required=True, shell_complete=options.complete_weights)
@options.dataset
@options.registry
@options.split
@options.classes
@click.option(
    "--show",
    default=10,
    show_default=True,
    type=click.IntRange(0),
    metavar="N",
    help="List at most N examples on which the models disagree.",
)
@options.runtime
@options.device
@options.as_json
def compare_(  # noqa: PLR0917 (click passes every argument by name)
    weights: tuple[str, ...],
    dataset: str | None,
    registry: str | None,
    split: str,
    classes: dict[str, str],
    show: int,
    runtime: str,
    device: str,
    as_json: bool,
) -> None:
    """Compare two or more WEIGHTS on the examples of a split that none was trained on.

    WEIGHTS are published names, run folders or .safetensors files, or folders of `zoo train
    --folds`, which are compared on all training examples, each predicted by the weights of the
    fold that it is in. Each accuracy has its Wilson
    confidence interval of 95 %, each pair an exact McNemar test on the examples that only one of
    the two predicts correctly. Other measures have a bootstrap interval and a paired permutation
    test. Folders of unfinished runs are left out, and of three or more runs those on another data
    set than most. `zoo report` shows the comparison as a page.
    """
    repeated = sorted({each for each in weights if weights.count(each) > 1})
    if repeated or len(weights) < 2:
        got = f"{', '.join(repeated)} more than once" if repeated else f"1: {weights[0]}"
        raise InvalidValueError(
            f"expected at least two models, all different, got {got}",
            hint="To score one, run `zoo evaluate`.",
        )
    from zoo_core.cli.compared_runs import comparable, differing_settings
    from zoo_core.evaluation.compare import compare_pretrained
    from zoo_core.evaluation.trained_folds import compare_folds, has_folds
    from zoo_core.pretrained.load import load_pretrained

    folders = [Path(each) for each in weights if has_folds(Path(each))]
    weights = weights if folders else comparable(weights, dataset)
    if len(weights) < 2:
        raise InvalidValueError(
            f"expected at least two models that can be compared, got {', '.join(weights) or 'none'}"
        )
    catalog = installed_catalog()
    if folders:
        _check_folds(weights, folders, chosen=bool(dataset or classes or split != "test"))
        comparison = compare_folds(catalog, folders, device=device)
        place = "out-of-fold predictions"
    else:
        with status("Loading the models"):
            members = [
                load_pretrained(catalog, each, registry=registry, runtime=runtime, device=device)
                for each in weights
            ]
        comparison = compare_pretrained(
            catalog, members, dataset=dataset, split=split, classes=classes
        )
        place = f"split {split}"
    print_lines(*(f"zoo: {note}" for note in comparison.notes), err=True)
    if as_json:
        settings = {} if folders else differing_settings(comparison.members)
        report = {**comparison_json(comparison, weights), "out_of_fold": bool(folders)}
        print_json({**report, "settings": settings})
        return
    runtimes = join_names(dict.fromkeys(each.runtime for each in comparison.members))
    examples = counted(len(comparison.rows), "example")
    print_lines(f"{comparison.dataset}, {place}, {examples}, by {runtimes}")
    print_heads(comparison, weights)
    if not folders:
        print_settings(comparison, weights)
    print_disagreements(comparison, weights, show)


def _check_folds(weights: Sequence[str], folders: Sequence[Path], *, chosen: bool) -> None:
    others = [each for each in weights if Path(each) not in folders]
    if others:
        raise InvalidValueError(
            f"{folders[0]} has folds, but {others[0]} has none: they predict other examples",
            hint="Compare folders of `zoo train --folds` with each other, or a single fold: "
            f"{folders[0] / 'fold-1'}",
        )
    if chosen:
        raise InvalidValueError(
            "--dataset, --split and --classes do not apply to folds, which are compared on their "
            "own training examples",
            hint="Leave them out.",
        )
