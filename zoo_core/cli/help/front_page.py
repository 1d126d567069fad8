"""The front page: `zoo` without arguments prints what is here and the next commands.

Like `zoo list`, it imports neither click nor the plugins.
"""

from __future__ import annotations

import os

from zoo_core.cli.help.top_help import SUMMARY, definitions, help_width, wrapped
from zoo_core.errors import join_names
from zoo_core.filenames import CONFIG
from zoo_core.installation.installed import installed_rows
from zoo_core.plugins.index.plugin_index import folded
from zoo_core.registry.best_figures import best_figures, full_name
from zoo_core.system.terminal import print_lines
from zoo_core.text import counted, shell_command, shown
from zoo_core.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from zoo_core.plugins.rows import Rows

RUNS = "runs"
"""Folder in which `zoo train` creates the folders of runs."""


def print_front_page() -> None:
    """Print the numbers of models, data sets, weights, plugins and runs, and three commands."""
    rows, runs, width = installed_rows(), _runs(), help_width()
    facts = [*_offered(rows), *_trained(runs)]
    digits = max(len(number) for number, _ in facts)
    right_aligned = [(number.rjust(digits), text) for number, text in facts]
    models = folded(rows, "models")[0] or rows["models"]
    print_lines(
        *wrapped(f"zoo {__version__}: {SUMMARY}", width),
        "",
        "Here:",
        *definitions(right_aligned, width),
        "",
        "Next:",
        *definitions(_next_commands(models, runs), width),
    )


def _offered(rows: Rows) -> Iterator[tuple[str, str]]:
    """Yield numbers of what the installed plugins offer, each with its noun."""
    models, families = folded(rows, "models")
    yield _counted(len(models), "model")
    if families:
        yield _counted(sum(families.values()), "model", f" of families: {join_names(families)}")
    yield _counted(len(rows["datasets"]), "data set")
    yield _counted(len([*_published(rows)]), "model", " with published weights")
    statuses = [row["status"] for row in rows["plugins"] if row["status"] != "disabled"]
    unusable = len([each for each in statuses if each in ("broken", "incompatible")])
    problem = f", {unusable:,} of them not usable: run `zoo doctor`" if unusable else ""
    yield _counted(len(statuses), "plugin", problem)


def _published(rows: Rows) -> Iterator[str]:
    """Yield the full names of the installed models with published weights."""
    models, families = folded(rows, "models")
    names = set(map(full_name, models))
    for name in best_figures(rows):
        _, *family = name.split("/")[:-1]  # between the plugin and the last part
        if name in names or families.keys() & family:
            yield name


def _counted(number: int, noun: str, more: str = "") -> tuple[str, str]:
    count, _, words = counted(number, noun).partition(" ")
    return count, words + more


def _runs() -> list[str]:
    """Return the folders of the user's runs, the latest last."""
    try:
        with os.scandir(RUNS) as entries:
            configs = [f"{entry.path}/{CONFIG}" for entry in entries]
        found = [path for path in configs if os.path.isfile(path)]  # noqa: PTH113 (no pathlib here)
        return [os.path.dirname(path) for path in sorted(found, key=os.path.getmtime)]  # noqa: PTH120
    except OSError:  # most often, there is no such folder
        return []


def _trained(runs: list[str]) -> Iterator[tuple[str, str]]:
    if runs:
        yield _counted(len(runs), "run", f" of yours; the latest is {shown(runs[-1])}")


def _next_commands(models: list[dict[str, Any]], runs: list[str]) -> list[tuple[str, str]]:
    """Return three commands to run next, each with its effect."""
    last = ("zoo --help", "every command")
    if not models:
        return [
            ("zoo new my-model", "write a model of your own"),
            ("zoo list datasets", "data sets to train on"),
            last,
        ]
    if runs:
        second = (shell_command("zoo", "info", runs[-1]), "how good your latest run is")
    else:
        second = (f"zoo train {min(models, key=_effort)['name']}", "train a first model")
    return [("zoo list", "models to choose from"), second, last]


def _effort(model: dict[str, Any]) -> tuple[bool, bool, int]:
    """Return a sort key by which small models with one head are first."""
    count = model["parameters"]
    return "/" in model["name"] or model["heads"] not in (None, 1), count is None, count or 0
