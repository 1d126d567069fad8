"""The output of a comparison: tables of each head, settings, disagreements, and JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zoo_core.cli.tables.table import print_table
from zoo_core.plugins.data_specs import plain
from zoo_core.system.terminal import print_lines

if TYPE_CHECKING:
    from zoo_core.evaluation.compare import Comparison
    from zoo_core.evaluation.compare_heads import HeadComparison

MAX_PAIRS = 10
"""Maximum number of pairs that are all printed; of more, those with the best model."""


def print_heads(comparison: Comparison, names: Sequence[str]) -> None:
    """Print the estimates of all models and the tests of their pairs, head by head."""
    for head in comparison.heads_compared:
        _print_head(head, names, [task.target.name for task in comparison.tasks])


def _print_head(comparison: HeadComparison, names: Sequence[str], targets: Sequence[str]) -> None:
    head = comparison.head
    if head is None:
        print_lines("", "All heads:")
    elif len(targets) > 1:
        name = f", {targets[head]}" if targets[head] else ""
        print_lines("", f"Head {head + 1}{name}:")
    if comparison.measure.binary:
        _print_shares(comparison, names)
    else:
        _print_means(comparison, names)


def _print_shares(comparison: HeadComparison, names: Sequence[str]) -> None:
    from zoo_core.evaluation.comparison_tables import better

    print_lines("")
    shares = [
        {
            "model": name,
            "correct": f"{share.correct:,}",
            "accuracy": [share.accuracy],
            "from": f"{share.low:.2%}",
            "to": f"{share.high:.2%}",
        }
        for name, share in _best_first(comparison, names)
    ]
    print_table(("model", "correct", "accuracy", "from", "to"), shares)
    print_lines("")
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
            "better": better(comparison, pair, names),
        }
        for pair in _shown_pairs(comparison)
    ]
    # Two models have one pair, for which a correction for multiple tests changes nothing.
    columns = ["first", "second", "only first", "only second", "both", "neither", "p"]
    print_table([*columns, *(["adjusted"] if pairs[1:] else []), "better"], pairs)


def _print_means(comparison: HeadComparison, names: Sequence[str]) -> None:
    from zoo_core.evaluation.comparison_tables import better

    measure = comparison.measure
    print_lines("")
    means = [
        {
            "model": name,
            measure.name: f"{each.mean:.5g}",
            "from": f"{each.low:.5g}",
            "to": f"{each.high:.5g}",
        }
        for name, each in _best_first(comparison, names)
    ]
    print_table(("model", measure.name, "from", "to"), means)
    print_lines("")
    pairs = []
    for pair in _shown_pairs(comparison):
        pairs.append(
            {
                "first": names[pair.first],
                "second": names[pair.second],
                "difference": f"{pair.difference:.3g}",
                "from": f"{pair.low:.3g}",
                "to": f"{pair.high:.3g}",
                "p": f"{pair.p:.2g}",
                "adjusted": f"{pair.adjusted:.2g}",
                "better": better(comparison, pair, names),
            }
        )
    columns = ["first", "second", "difference", "from", "to", "p"]
    print_table([*columns, *(["adjusted"] if pairs[1:] else []), "better"], pairs)


def _order(comparison: HeadComparison) -> list[int]:
    """Return the indices of the members, the best first; equal ones keep their order."""
    if comparison.measure.binary:
        return sorted(
            range(len(comparison.proportions)), key=lambda i: -comparison.proportions[i].correct
        )
    sign = -1 if comparison.measure.higher_is_better else 1
    return sorted(range(len(comparison.means)), key=lambda i: sign * comparison.means[i].mean)


def _best_first(comparison: HeadComparison, names: Sequence[str]) -> list[tuple[str, Any]]:
    estimates = comparison.proportions or comparison.means
    return [(names[i], estimates[i]) for i in _order(comparison)]


def _shown_pairs(comparison: HeadComparison) -> list[Any]:
    """Return the tests of all pairs; of many models, those with the best one."""
    pairs = [*(comparison.tests or comparison.paired)]
    if len(pairs) <= MAX_PAIRS:
        return pairs
    best = _order(comparison)[0]
    return [pair for pair in pairs if best in {pair.first, pair.second}]


def print_settings(comparison: Comparison, names: Sequence[str]) -> None:
    """Print the settings in which the trainings differ, in the order of the last table."""
    from zoo_core.cli.compared_runs import differing_settings, more_settings, settings_rows

    if settings := differing_settings(comparison.members):
        order = _order(comparison.heads_compared[-1])
        columns, rows = settings_rows(settings, names, order)
        print_lines("", "Their trainings differ in:", "")
        print_table(columns, rows, optional=columns[:0:-1])
        print_lines(*more_settings(settings))


def print_disagreements(comparison: Comparison, names: Sequence[str], show: int) -> None:
    """Print the examples that some models predict correctly, and others do not."""
    if not all(task.measures[0].binary for task in comparison.tasks):
        return
    indices, scored = comparison.disagreements, comparison.scored
    # They are sorted by the number of models that are correct, so these are the hardest examples.
    examples = "1 example is" if len(indices) == 1 else f"{len(indices):,} examples are"
    cut = f" The {show} that the fewest predict correctly:" if len(indices) > show > 0 else ""
    print_lines("", f"{examples} predicted correctly by some models, but not by all.{cut}")
    if not show or not len(indices):
        return
    table = [
        {
            "example": scored.key(index) or int(scored.rows[index]),
            "true": comparison.truth(index),
            **{name: comparison.answers(i, index) for i, name in enumerate(names)},
        }
        for index in indices[:show].tolist()
    ]
    print_lines("")
    print_table(("example", "true", *names), table)


def comparison_json(comparison: Comparison, names: Sequence[str]) -> dict[str, Any]:
    """Return a comparison as JSON values."""
    # The keys are a contract with scripts: they keep names that the classes no longer have.
    members = zip(names, comparison.members, comparison.scores, strict=True)
    return {
        "dataset": comparison.dataset,
        "split": comparison.split,
        "total": len(comparison.rows),
        "members": [
            {
                "weights": name,
                "model": member.name,
                "runtime": member.runtime,
                **scores.to_json(),
            }
            for name, member, scores in members
        ],
        "questions": [
            {
                "head": head.head,
                "measure": head.measure.name,
                "shares": [
                    {**vars(share), "accuracy": share.accuracy} for share in head.proportions
                ],
                "pairs": [vars(pair) for pair in head.tests],
                "means": [vars(mean) for mean in head.means],
                "paired": [vars(pair) for pair in head.paired],
            }
            for head in comparison.heads_compared
        ],
        "disputed": [_dispute(comparison, index) for index in comparison.disagreements.tolist()],
        "classes": [task.target.classes for task in comparison.tasks],
        "targets": [plain(task.target) for task in comparison.tasks],
        "left_out": comparison.scored.left_out,
        "notes": comparison.notes,
    }


def _dispute(comparison: Comparison, index: int) -> dict[str, Any]:
    members = range(len(comparison.members))
    return {
        "image": int(comparison.rows[index]),
        **({"example": key} if (key := comparison.scored.key(index)) else {}),
        "labels": [target[index].tolist() for target in comparison.targets],
        "classes": comparison.truth(index),
        "read": [_numbers(comparison, member, index) for member in members],
        "read_classes": [comparison.answers(member, index) for member in members],
    }


def _numbers(comparison: Comparison, member: int, index: int) -> list[Any]:
    heads = zip(comparison.tasks, comparison.predictions[member].heads, strict=True)
    answers = [task.answers(head) for task, head in heads]
    return [each[index].tolist() for each in answers if each is not None]
