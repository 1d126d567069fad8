"""Runs that `zoo compare` compares: those of its arguments that can be, and what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from zoo_core.cli.info.settings import settings_of
from zoo_core.cli.output import setting_text
from zoo_core.filenames import CARD
from zoo_core.pretrained.model import Pretrained
from zoo_core.system.terminal import print_lines
from zoo_core.training.runs.run_facts import RunFacts, read_run_facts

_SHOWN = 8
"""Maximum number of settings that are compared in a table."""


def comparable(weights: Sequence[str], dataset: str | None) -> tuple[str, ...]:
    """Return the weights without folders that cannot be compared, which stderr names.

    So that ``zoo compare runs/*`` compares the finished runs on the data set of most of them.

    Args:
        weights: published names, paths of files and folders.
        dataset: data set to compare on; None for that of the trainings.
    """
    # An argument that is not a folder is left to the loader and its errors.
    facts = {each: read_run_facts(Path(each)) for each in weights if Path(each).is_dir()}
    left_out = {each: reason for each in facts if (reason := _reason(each, facts[each]))}
    finished = {each: run for each, run in facts.items() if run and each not in left_out}
    if dataset is None and len(finished) > 2:
        counts = Counter(run.dataset for run in finished.values())
        most = counts.most_common(1)[0][0]  # the first of several
        left_out |= {
            each: f"it was trained on {run.dataset}, not on {most}"
            for each, run in finished.items()
            if run.dataset != most
        }
    print_lines(*(f"zoo: {each} is left out: {why}" for each, why in left_out.items()), err=True)
    return tuple(each for each in weights if each not in left_out)


def _reason(folder: str, facts: RunFacts | None) -> str:
    """Return the reason why a folder cannot be compared; empty if it can."""
    if facts is None:
        return "" if (Path(folder) / CARD).exists() else "it is not the folder of a run"
    if facts.state == "damaged":
        return facts.problem
    return "" if facts.state in {"finished", "diverged"} else facts.state_text


def differing_settings(members: Sequence[Pretrained]) -> dict[str, list[Any]]:
    """Return the settings in which trainings of one model differ: one value per member.

    Empty for trainings of several models, which differ in too many.
    """
    cards = [member.card for member in members]
    if len({card.model for card in cards}) > 1:
        return {}
    shown = ("epochs", "seed", "split_seed")  # which the settings of a page leave out
    each = [
        {name: getattr(card.recipe, name) for name in shown} | settings_of(card.recipe, card.config)
        for card in cards
    ]
    names = dict.fromkeys(name for settings in each for name in settings)
    values = {name: [settings.get(name) for settings in each] for name in names}
    return {name: row for name, row in values.items() if any(each != row[0] for each in row)}


def settings_rows(
    settings: dict[str, list[Any]], names: Sequence[str], order: Sequence[int]
) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Return the columns and rows of the table of differing settings."""
    columns = tuple(settings)[:_SHOWN]
    rows = [
        {"model": names[i], **{name: setting_text(settings[name][i]) for name in columns}}
        for i in order
    ]
    return ("model", *columns), rows


def more_settings(settings: dict[str, list[Any]]) -> Iterator[str]:
    """Yield the line with the settings that are not in the table."""
    if more := list(settings)[_SHOWN:]:
        yield f"They also differ in {', '.join(more)}: see --json."
