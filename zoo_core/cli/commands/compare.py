"""`zoo compare`: accuracies of several models, and significance of their differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json, print_table
from zoo_core.errors import InvalidValueError
from zoo_core.installation.installed import installed_catalog

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from zoo_core.evaluation.compare import Comparison, HeadComparison, PairwiseTest

SURE = 0.05
"""A difference counts where it would be less probable than this between equals."""


@click.command("compare")
@click.argument("weights", nargs=-1, required=True, shell_complete=options.complete_weights)
@options.dataset
@options.registry
@options.split
@click.option(
    "--show",
    default=10,
    show_default=True,
    type=click.IntRange(0),
    metavar="N",
    help="List so many of the images that some read correctly and others do not.",
)
@options.device
@options.as_json
def compare_(  # noqa: PLR0917 (click passes every argument by name)
    weights: tuple[str, ...],
    dataset: str | None,
    registry: str | None,
    split: str,
    show: int,
    device: str,
    as_json: bool,
) -> None:
    """Compare WEIGHTS, two or more, on every image of a split.

    WEIGHTS are names of published ones, runs' folders or .safetensors files. An accuracy comes with
    the interval in which it lies with a confidence of 95 % (Wilson's), a pair with McNemar's exact
    test on the images that one of the two alone reads correctly. `zoo report` shows it on a page.
    """
    if len(set(weights)) < max(2, len(weights)):
        raise InvalidValueError(
            f"to compare takes two or more that differ, got {', '.join(weights)}",
            hint="How well one reads says `zoo evaluate`.",
        )
    from zoo_core.evaluation.compare import compare_pretrained
    from zoo_core.pretrained.load import load_pretrained

    catalog = installed_catalog()
    members = [load_pretrained(catalog, each, registry=registry, device=device) for each in weights]
    comparison = compare_pretrained(catalog, members, dataset=dataset, split=split)
    if as_json:
        print_json(_report(comparison, weights))
        return
    click.echo(f"{comparison.dataset}, split {split}, {len(comparison.labels):,} images")
    for question in comparison.heads_compared:
        _print_question(question, weights, comparison.labels.shape[1])
    _print_disagreements(comparison, weights, show)


def _print_question(question: HeadComparison, names: Sequence[str], heads: int) -> None:
    if heads > 1:
        what = "Every label right" if question.head is None else f"Head {question.head + 1}"
        click.echo(f"\n{what}:")
    click.echo()
    shares = [
        {
            "model": name,
            "correct": f"{share.correct:,}",
            "accuracy": [share.accuracy],
            "from": f"{share.low:.2%}",
            "to": f"{share.high:.2%}",
        }
        for name, share in zip(names, question.proportions, strict=True)
    ]
    print_table(("model", "correct", "accuracy", "from", "to"), shares)
    click.echo()
    pairs = [
        {
            "first": names[pair.first],
            "second": names[pair.second],
            "only first": pair.only_first,
            "only second": pair.only_second,
            "both": f"{pair.both:,}",
            "neither": f"{pair.neither:,}",
            "p": f"{pair.p:.2g}",
            "adjusted": f"{pair.adjusted:.2g}",
            "better": _better(pair, names),
        }
        for pair in question.tests
    ]
    columns = ["first", "second", "only first", "only second", "both", "neither", "p"]
    print_table([*columns, *(["adjusted"] if pairs[1:] else []), "better"], pairs)


def _better(pair: PairwiseTest, names: Sequence[str]) -> str:
    if pair.adjusted >= SURE:
        return "either"
    return names[pair.first if pair.only_first > pair.only_second else pair.second]


def _print_disagreements(comparison: Comparison, names: Sequence[str], show: int) -> None:
    rows = comparison.disagreements
    some = len(rows) > show > 0
    which = f"; these {show} by the fewest" if some else ""
    click.echo(f"\nRead correctly by some, not by others: {len(rows):,} images{which}.")
    if not show or not len(rows):
        return
    read = dict(zip(names, comparison.predictions, strict=True))
    table = [
        {
            "image": row,
            "true": _class_names(comparison, comparison.labels[row]),
            **{name: _class_names(comparison, each.labels[row]) for name, each in read.items()},
        }
        for row in rows[:show]
    ]
    click.echo()
    print_table(("image", "true", *names), table)


def _class_names(comparison: Comparison, labels: NDArray[np.int64]) -> str:
    """Return the classes of an image, one a head."""
    return " ".join(
        names[label] for names, label in zip(comparison.data.classes, labels, strict=True)
    )


def _report(comparison: Comparison, names: Sequence[str]) -> dict[str, Any]:
    members = zip(names, comparison.members, comparison.scores, strict=True)
    return {
        "dataset": comparison.dataset,
        "split": comparison.split,
        "total": len(comparison.labels),
        "members": [
            {"weights": name, "model": member.name, "loss": scores.loss}
            for name, member, scores in members
        ],
        "questions": [
            {
                "head": question.head,
                "shares": [
                    {**vars(share), "accuracy": share.accuracy} for share in question.proportions
                ],
                "pairs": [vars(pair) for pair in question.tests],
            }
            for question in comparison.heads_compared
        ],
        "disputed": [
            {
                "image": int(row),
                "labels": comparison.labels[row].tolist(),
                "read": [each.labels[row].tolist() for each in comparison.predictions],
            }
            for row in comparison.disagreements
        ],
    }
