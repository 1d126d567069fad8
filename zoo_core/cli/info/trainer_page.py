"""The page of a trainer: the recipe fields that it implements, and its values for them."""

from __future__ import annotations

from typing import Any

from zoo_core.cli.info.facts import Facts
from zoo_core.cli.info.layout import Commands, Grid, Page, Pairs, Section, Text, join
from zoo_core.cli.info.packages import framework_text, plugin_text
from zoo_core.cli.info.words import value_text
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import TrainerSpec
from zoo_core.recipes.recipe import Recipe
from zoo_core.recipes.trainer_fields import trainer_fields
from zoo_core.table import Table
from zoo_core.text import counted, shell_command


def trainer_page(catalog: Catalog, entry: Entry[TrainerSpec], name: str, facts: Facts) -> Page:
    """Return the page of a trainer.

    Args:
        catalog: the installed plugins.
        entry: the trainer.
        name: its name in commands.
        facts: its facts.
    """
    spec = entry.spec
    models = [key for key, each in catalog.entries("models").items() if each.spec.trainer == name]
    about = [
        ("plugin", plugin_text(entry.plugin)),
        ("same name", join(facts.get("same_name", []))),
        ("needs", framework_text(spec.framework)),
        ("processes", "several train one model, with torchrun" if spec.distributed else "one"),
        ("exports", join(spec.exporters)),
        ("models", f"{counted(len(models), 'model')} by default"),
    ]
    model = models[0] if models else "MODEL"
    train = shell_command("zoo", "train", model, "--set", f"trainer={name}")
    return Page(
        f"{name}: trainer",
        spec.summary,
        [
            Section("About", [Pairs(about)]),
            Section(
                "Values", [Pairs([(key, join(each)) for key, each in facts["values"].items()])]
            ),
            Section("Recipe fields", [_fields(entry)]),
            Section("Own recipe fields", _own_fields(entry)),
            Section("Next", [Commands([(train, "train a model"), ("zoo list", "list models")])]),
        ],
    )


def _fields(entry: Entry[TrainerSpec]) -> Grid:
    fields = Recipe.model_fields
    rows = [_row(name, fields[name]) for name in entry.spec.recipe_fields if name in fields]
    return Grid(Table(("field", "default", "meaning"), rows))


def _own_fields(entry: Entry[TrainerSpec]) -> list[Grid | Text]:
    model = trainer_fields(entry)
    rows = [_row(name, field) for name, field in model.model_fields.items()] if model else []
    return [Grid(Table(("field", "default", "meaning"), rows))] if rows else []


def _row(name: str, field: Any) -> list[str]:
    default = field.get_default(call_default_factory=True)
    return [name, value_text(default), field.description or ""]
