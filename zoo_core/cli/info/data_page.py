"""The pages of data sets, and of sources of data sets."""

from __future__ import annotations

from collections.abc import Iterator

from zoo_core.cli.info.facts import Facts
from zoo_core.cli.info.layout import Commands, Grid, Page, Pairs, Section, Text, join
from zoo_core.cli.info.packages import plugin_text
from zoo_core.cli.info.words import input_text, names_text, target_text
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import InputSpec
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec, SourceSpec
from zoo_core.recipes.model_fit import misfit
from zoo_core.table import Table
from zoo_core.text import counted, shell_command

MAX_COLUMNS = 20
"""Maximum number of a table's columns that are listed."""


def dataset_page(catalog: Catalog, entry: Entry[DatasetSpec], name: str, facts: Facts) -> Page:
    """Return the page of a data set.

    Args:
        catalog: the installed plugins.
        entry: the data set.
        name: its name in commands.
        facts: its facts.
    """
    models = [
        key
        for key, model in catalog.entries("models").items()
        if not misfit(model.spec, entry.spec)
    ]
    return Page(
        f"{name}: data set",
        entry.spec.summary,
        [
            Section("About", [_about(entry, facts)]),
            Section("Targets", [_targets(entry.spec)]),
            Section("Columns", _columns(entry.spec.input)),
            Section("Models", [Text(_models(models))]),
            Section("Next", [Commands([*_commands(entry, name, models)])]),
        ],
    )


def _about(entry: Entry[DatasetSpec], facts: Facts) -> Pairs:
    spec = entry.spec
    sizes = [f"{split} {size:,}" for split, size in spec.sizes.items()]
    return Pairs(
        [
            ("plugin", plugin_text(entry.plugin)),
            ("same name", join(facts.get("same_name", []))),
            ("inputs", input_text(spec.input)),
            ("examples", join(sizes)),
            ("source", spec.source),
            ("license", spec.license),
            ("each epoch", "can compose new examples: fresh" if spec.composable else ""),
            ("photos", "are converted to images like its own" if spec.reader else ""),
            ("place", spec.place),
            ("sha256", spec.sha256 or "not stated: the card of a training has it"),
        ]
    )


def _targets(spec: DatasetSpec) -> Grid:
    rows = [
        [str(number), target.name, target.task, target_text(target)]
        for number, target in enumerate(spec.targets, 1)
    ]
    return Grid(Table(("head", "name", "task", "values"), rows))


def _columns(spec: InputSpec) -> list[Grid | Text]:
    rows = [[each.name, names_text(each.categories) or "numbers"] for each in spec.columns]
    if not rows:
        return []
    more = len(rows) - MAX_COLUMNS
    rest = [Text(f"And {counted(more, 'more column')}.")] if more > 0 else []
    return [Grid(Table(("column", "values"), rows[:MAX_COLUMNS])), *rest]


def _models(names: list[str]) -> str:
    own = [name for name in names if "/" not in name]
    families = len(names) - len(own)
    more = f"{counted(families, 'model')} of families (zoo list)" if families else ""
    return join([names_text(own), more], " and ") or "No installed model fits it."


def _commands(entry: Entry[DatasetSpec], name: str, models: list[str]) -> Iterator[tuple[str, str]]:
    own = [model for model in models if "/" not in model] or models
    if own:
        words = ("zoo", "train", own[0], "--dataset", name)
        yield shell_command(*words), "train a model on it"
    if entry.spec.input.kind == "image":
        words = ("zoo", "info", name, "--sheet", "examples.png")
        yield shell_command(*words), "draw examples of each class"
    if not own:
        yield "zoo list models", "list all models"


def source_page(catalog: Catalog, entry: Entry[SourceSpec], name: str, facts: Facts) -> Page:
    """Return the page of a source of data sets; arguments are those of `dataset_page`."""
    address = f"{name}:{entry.spec.address}"
    about = [
        ("plugin", plugin_text(entry.plugin)),
        ("same name", join(facts.get("same_name", []))),
        ("data sets", f"{address}, with your own {entry.spec.address}"),
        ("predictions", f"rows of files that end in .{entry.spec.name}" if entry.spec.rows else ""),
    ]
    own = [key for key in catalog.entries("models") if "/" not in key]
    train = ("zoo", "train", own[0] if own else "MODEL", "--dataset", address)
    commands = [
        (shell_command("zoo", "info", address), "describe such data"),
        (shell_command(*train), "train a model on them"),
    ]
    return Page(
        f"{name}: source of data sets",
        entry.spec.summary,
        [Section("About", [Pairs(about)]), Section("Next", [Commands(commands)])],
    )
