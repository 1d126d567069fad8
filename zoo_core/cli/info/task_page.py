"""The pages of tasks, and of the losses that trainers minimize for them."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.cli.info.facts import Facts
from zoo_core.cli.info.layout import Commands, Grid, Page, Pairs, Section, Text, join
from zoo_core.cli.info.packages import plugin_text
from zoo_core.cli.info.words import names_text
from zoo_core.metrics.task import Measure, Task
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import LossSpec, TaskSpec
from zoo_core.table import Table
from zoo_core.text import shell_command


def task_page(catalog: Catalog, entry: Entry[TaskSpec], name: str, facts: Facts) -> Page:
    """Return the page of a task.

    Args:
        catalog: the installed plugins.
        entry: the task.
        name: its name in commands.
        facts: its facts.
    """
    cls: type[Task] = entry.resolve(entry.spec.task)
    losses = [each for each in catalog.losses() if each.spec.task == entry.spec.name]
    about = [
        ("plugin", plugin_text(entry.plugin)),
        ("same name", join(facts.get("same_name", []))),
        ("default loss", entry.spec.loss),
    ]
    commands = [(shell_command("zoo", "list", "--task", name), "list the models for this task")]
    return Page(
        f"{name}: task",
        entry.spec.summary,
        [
            Section("About", [Pairs(about)]),
            Section("Measures", [_measures(cls.measures)]),
            Section("Losses", [_losses(losses)]),
            Section("Models", [Text(names_text(facts["models"]) or "None is installed.")]),
            Section("Next", [Commands(commands)]),
        ],
    )


def _measures(measures: Sequence[Measure]) -> Grid:
    uses = ["selects the best epoch", *[""] * len(measures)]
    rows = [
        [
            each.name.replace("_", " "),
            "higher is better" if each.higher_is_better else "lower is better",
            "0 or 1" if each.binary else "a number",
            use,
        ]
        for each, use in zip(measures, uses, strict=False)
    ]
    return Grid(Table(("measure", "direction", "per example", "use"), rows))


def _losses(losses: Sequence[Entry[LossSpec]]) -> Grid:
    rows = [
        [each.spec.name, each.spec.framework, each.plugin.distribution, each.spec.summary]
        for each in losses
    ]
    return Grid(Table(("loss", "framework", "plugin", "summary"), rows))


def loss_page(entries: Sequence[Entry[LossSpec]], name: str) -> Page:
    """Return the page of the losses of one name, which are for several tasks and frameworks."""
    rows = [
        [
            each.spec.task,
            each.spec.framework,
            each.plugin.distribution,
            each.spec.summary,
            join(each.spec.recipe_fields),
        ]
        for each in entries
    ]
    columns = ("task", "framework", "plugin", "summary", "recipe fields")
    commands = [
        (f"zoo train MODEL --set loss={name}", "train a model with this loss"),
        ("zoo list losses", "list all losses"),
    ]
    return Page(
        f"{name}: loss",
        "",
        [
            Section("Functions", [Grid(Table(columns, rows))]),
            Section("Next", [Commands(commands)]),
        ],
    )
