"""The suite: all checks of a plugin, selected by the specs that it offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from zoo_core.errors import InvalidValueError, UnknownNameError, choose_from, one_line
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.plugin import Plugin
from zoo_core.plugins.selection import canonical
from zoo_core.plugins.specs import KINDS, ModelSpec
from zoo_core.recipes.resolve import recipe_names, spaces_of
from zoo_core.testing.check import Check, ContractError, expect
from zoo_core.testing.checks import hook_checks, static_checks
from zoo_core.testing.checks.import_checks import SIDE_EFFECT_CHECKS, imports_nothing_heavy
from zoo_core.testing.kind_suites import (
    checks_of_command,
    checks_of_dataset,
    checks_of_loss,
    checks_of_registry,
    checks_of_runtime,
    checks_of_source,
    checks_of_task,
    checks_of_trainer,
)
from zoo_core.testing.make_checks import make_checks, names_of
from zoo_core.testing.model_suite import checks_of_model

_IMPORTS = static_checks.has_import_strings_that_resolve

MAX_MODELS = 20
"""Maximum number of models of a plugin that are checked."""

MAX_SAMPLE_PARAMETERS = 12_000_000
"""Maximum number of trainable parameters of a model in a sample."""
# Larger ones take minutes for their trainings on a CPU.


def plugin_checks(catalog: Catalog, plugin: str, *, model: str = "") -> list[Check]:
    """Return all checks of a plugin.

    A model is checked with each of its recipes and search spaces, a trainer with each recipe field
    that it implements.

    Args:
        catalog: the plugin, and the plugins that its models need.
        plugin: a distribution, the module of a plugin without a package, or the name of something
            that one plugin alone offers; empty for the only plugin without a package.
        model: name of the model with which its trainers are checked; empty for a small one of the
            trainer's own or of its framework.

    Raises:
        UnknownNameError: no plugin has or offers that name, or there is no such model.
        InvalidValueError: there is a model, but the plugin has no trainer.
    """
    found = find_plugin(catalog, plugin)
    _check_model_option(catalog, found, model)
    checks = list(_of_plugin(catalog, found.distribution))
    models: dict[str, Entry[ModelSpec]] = {}
    for kind, of_kind in _OF_KIND.items():
        entries = {
            name: entry
            for name, entry in _entries(catalog, kind).items()
            if entry.plugin.distribution == found.distribution
        }
        for name in sample(entries, asked=plugin) if kind == "models" else entries:
            checks += of_kind(catalog, name, entries[name], model)
            models |= {name: entries[name]} if kind == "models" else {}
    checks += make_checks(
        found.distribution,
        [lists_everything_it_offers],
        found,
        [*models.values()],
        needs=[
            *names_of(found.distribution, static_checks.loads),
            *(each for name in models for each in names_of(name, _IMPORTS)),
        ],
    )
    # Not for the core's own, because the checks themselves are in its package.
    module = found.entry_point.rpartition("= ")[2]
    package = "" if found.distribution == "zoo-core" else module.partition(".")[0]
    return [replace(check, package=package, plugins=catalog.plugins) for check in checks]


def _entries(catalog: Catalog, kind: str) -> dict[str, Entry[Any]]:
    """Return the entries of a kind by name; losses by all that identifies one."""
    if kind == "losses":
        return {f"{each.qualified_name} {each.spec.key}": each for each in catalog.losses()}
    return catalog.entries(kind)


def _check_model_option(catalog: Catalog, plugin: Plugin, model: str) -> None:
    if not model:
        return
    catalog.model(model)
    if all(kind != "trainers" for kind, _ in plugin.offers):
        raise InvalidValueError(
            f"--model: {plugin.distribution} has no trainer that could train {model!r}",
            hint="Leave it out.",
        )


def sample(models: Mapping[str, Entry[ModelSpec]], *, asked: str = "") -> list[str]:
    """Return the models to check: all, or a sample of a plugin with very many.

    The sample is the model that was asked for, or models that are small enough for a short
    training, evenly spread over the names.
    """
    if len(models) <= MAX_MODELS:
        return list(models)
    if asked in models:
        return [asked]
    # A model without a number may be too large, or need files to be built at all.
    counts = {name: each.spec.parameters for name, each in models.items()}
    small = [
        name for name, count in counts.items() if count and count <= MAX_SAMPLE_PARAMETERS
    ] or list(models)
    # Not at random, so that two runs check the same models.
    return [
        small[number * len(small) // MAX_MODELS] for number in range(min(MAX_MODELS, len(small)))
    ]


def lists_everything_it_offers(plugin: Plugin, models: Iterable[Entry[ModelSpec]]) -> None:
    """Check that the suite could list everything that the plugin offers."""
    # Without this check, a plugin that does not load, or a model whose recipes cannot be imported,
    # would have fewer checks instead of a failed one.
    expect(plugin.usable, f"nothing that it offers can be checked: its status is {plugin.status}")
    for entry in models:
        try:
            list(recipe_names(entry)), list(spaces_of(entry))
        except Exception as exc:
            raise ContractError(
                f"recipes and search spaces of {entry.spec.name!r} cannot be listed: "
                f"{one_line(exc)}"
            ) from exc


def find_plugin(catalog: Catalog, name: str) -> Plugin:
    """Return a plugin by its distribution, or by the name of something that it alone offers.

    Without a name, it is the only plugin without a package.

    Raises:
        InvalidValueError: there is no name, and none or several such plugins.
        UnknownNameError: no plugin, or several, have the name.
    """
    added = [plugin for plugin in catalog.plugins if plugin.added]
    if not name and len(added) == 1:
        return added[0]
    for plugin in catalog.plugins:
        if canonical(plugin.distribution) == canonical(name) or (
            plugin.added and plugin.module == name
        ):
            return plugin
    if not name:
        raise InvalidValueError(
            f"expected the name of a plugin, or `-p FILE` with one file, got {len(added)} files",
            hint="To check an installed plugin: zoo check PLUGIN",
        )
    owners = {
        entry.plugin.distribution: entry.plugin
        for kind in KINDS
        for known, entry in catalog.entries(kind).items()
        if known == name
    }
    if len(owners) == 1:
        return next(iter(owners.values()))
    known = [plugin.distribution for plugin in catalog.plugins]
    problem = (
        f"{name!r} is offered by several plugins" if owners else f"there is no plugin {name!r}"
    )
    raise UnknownNameError(problem, hint=choose_from(name, owners or known, command="zoo plugins"))


def _of_plugin(catalog: Catalog, name: str) -> Iterator[Check]:
    yield from make_checks(name, [static_checks.loads], catalog, name)
    needs = names_of(name, static_checks.loads)
    # One without a package has no metadata, and is imported by the commands that name it alone.
    packaged = not static_checks.plugin_of(catalog, name).added
    functions = static_checks.PACKAGE_CHECKS * packaged + static_checks.PLUGIN_CHECKS
    yield from make_checks(name, functions, catalog, name, needs=needs)
    if packaged:
        yield from make_checks(name, [imports_nothing_heavy], catalog, name, needs=needs)
        needs += names_of(name, imports_nothing_heavy)
        yield from make_checks(name, SIDE_EFFECT_CHECKS, catalog, name, needs=needs)
    hooks = static_checks.running_hooks(catalog, name).keys()
    if hooks & {*static_checks.TRAINING_HOOKS}:
        yield from make_checks(
            name, [hook_checks.runs_its_training_hooks], catalog, name, trains=True
        )
    if static_checks.TUNE_HOOK in hooks:
        yield from make_checks(name, [hook_checks.runs_its_search_hook], catalog, name)
    if static_checks.TRACKERS_HOOK in hooks:
        yield from make_checks(name, [hook_checks.names_its_trackers], catalog, name)


_OF_KIND: dict[str, Callable[[Catalog, str, Entry[Any], str], Iterator[Check]]] = {
    # First, because a model is built for its data set.
    "datasets": checks_of_dataset,
    "models": checks_of_model,
    "sources": checks_of_source,
    "trainers": checks_of_trainer,
    "runtimes": checks_of_runtime,
    "tasks": checks_of_task,
    "losses": checks_of_loss,
    "registries": checks_of_registry,
    "commands": checks_of_command,
}
