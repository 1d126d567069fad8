"""The page of a runtime: what it runs, and the published weights that have a program for it."""

from __future__ import annotations

from collections.abc import Iterator

from zoo_core.cli.info.facts import Facts
from zoo_core.cli.info.layout import Commands, Page, Pairs, Section, join
from zoo_core.cli.info.packages import framework_text, plugin_text
from zoo_core.frameworks.runtime import program_file
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import RuntimeSpec
from zoo_core.registry.lookup import iter_indexes, known_registries
from zoo_core.text import counted, shell_command


def runtime_page(catalog: Catalog, entry: Entry[RuntimeSpec], name: str, facts: Facts) -> Page:
    """Return the page of a runtime.

    Args:
        catalog: the installed plugins.
        entry: the runtime.
        name: its name in commands.
        facts: its facts.
    """
    spec, weights = entry.spec, list(_weights(catalog, entry.spec.name))
    trainers = [
        key
        for key, each in catalog.entries("trainers").items()
        if spec.format in each.spec.exporters
    ]
    about = [
        ("plugin", plugin_text(entry.plugin)),
        ("same name", join(facts.get("same_name", []))),
        ("needs", framework_text(spec.framework)),
        ("programs", f"{program_file(spec)}, next to the weights"),
        ("trainers", join(trainers)),
        ("weights", f"{counted(len(weights), 'published tag')} with a program"),
    ]
    predict = ("zoo", "predict", weights[0] if weights else "MODEL", "FILE", "--runtime", name)
    commands = [
        (shell_command(*predict), "predict with it"),
        ("zoo list weights", "list published weights"),
    ]
    return Page(
        f"{name}: runtime",
        spec.summary,
        [Section("About", [Pairs(about)]), Section("Next", [Commands(commands)])],
    )


def _weights(catalog: Catalog, name: str) -> Iterator[str]:
    for _, index in iter_indexes(known_registries(catalog)):
        yield from (tag for tag, each in sorted(index.tags.items()) if name in each.runtimes)
