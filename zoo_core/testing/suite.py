"""The suite: every check of a plugin, by what it declares, and their minimum number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from zoo_core.errors import UnknownNameError, did_you_mean, join_names, singular
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.plugin import Plugin
from zoo_core.plugins.selection import canonical
from zoo_core.plugins.specs import KINDS, DatasetSpec, ModelSpec, Spec, TrainerSpec
from zoo_core.recipes.resolve import FOR_DATASET, recipe_names
from zoo_core.testing import static_checks
from zoo_core.testing.check import Check, expect
from zoo_core.testing.config_checks import CONFIG_CHECKS, RECIPE_CHECKS, SPACE_CHECKS
from zoo_core.testing.dataset_checks import COMPOSABLE_CHECKS, DATASET_CHECKS, READER_CHECKS
from zoo_core.testing.import_checks import IMPORT_CHECKS
from zoo_core.testing.model_checks import COUNT_CHECKS, MODEL_CHECKS
from zoo_core.testing.other_checks import (
    COMMAND_CHECKS,
    HOOK_CHECKS,
    REGISTRY_CHECKS,
    SEARCH_CHECKS,
    SOURCE_CHECKS,
)
from zoo_core.testing.resume_checks import RECIPE_FAULTS
from zoo_core.testing.trainer_checks import (
    DISTRIBUTED_CHECKS,
    TRAINER_CHECKS,
    check_field_is_followed,
)
from zoo_core.tuning.model_spaces import spaces_of

MIN_CHECKS = {
    "plugin": 10,
    "models": 22,
    "datasets": 10,
    "sources": 2,
    "trainers": 9,
    "registries": 1,
    "commands": 3,
}
"""How many checks a plugin and a thing of each kind have at the least; a model, with one recipe.

They are written down apart from the checks, so that one that gets lost is missed.
"""

MAX_MODELS = 20
"""How many models of a plugin are checked, where it offers more than that."""

MAX_SAMPLE_PARAMETERS = 12_000_000
"""Numbers that a model of such a sample learns, at most."""


def plugin_checks(catalog: Catalog, plugin: str) -> list[Check]:
    """Return every check of what a plugin offers.

    A model is checked with each of its recipes and search spaces, a trainer with each recipe field
    that it follows. The last check is that there are as many as what the plugin declares asks for.

    Args:
        catalog: with the plugin, and with what its models need.
        plugin: a distribution, or the name of something that one plugin offers.

    Raises:
        UnknownNameError: no plugin is or offers that.
    """
    found = find_plugin(catalog, plugin)
    made = list(_of_plugin(catalog, found))
    checked: list[tuple[str, Spec]] = []
    for kind, of_kind in _OF_KIND.items():
        entries = {
            name: entry
            for name, entry in catalog.entries(kind).items()
            if entry.plugin.distribution == found.distribution
        }
        for name in sample(entries, asked=plugin) if kind == "models" else entries:
            checked.append((kind, entries[name].spec))
            made += of_kind(catalog, name, entries[name])
    count = len(made) + 1
    name = f"{found.distribution}: is checked as a whole"
    return [*made, Check(name, has_every_check, (found, checked, count))]


def sample(models: Mapping[str, Entry[ModelSpec]], *, asked: str = "") -> list[str]:
    """Return the models to check, of all that a plugin offers.

    That is all; or where they are very many, the one that was asked for, else some, evenly spread
    over the names of those that are small enough to train a few steps everywhere.
    """
    if len(models) <= MAX_MODELS:
        return list(models)
    if asked in models:
        return [asked]
    # Those that nobody counted are left out, as they may be such as cannot be built.
    counts = {name: each.spec.parameters for name, each in models.items()}
    small = [
        name for name, count in counts.items() if count and count <= MAX_SAMPLE_PARAMETERS
    ] or list(models)
    return [
        small[number * len(small) // MAX_MODELS] for number in range(min(MAX_MODELS, len(small)))
    ]


def has_every_check(plugin: Plugin, checked: Sequence[tuple[str, Spec]], count: int) -> None:
    """There are as many checks as what the plugin declares asks for."""
    expected = MIN_CHECKS["plugin"] + sum(_least(kind, spec) for kind, spec in checked)
    declared = ", ".join(f"{singular(kind)} {spec.name}" for kind, spec in checked)
    expect(
        plugin.usable and count >= expected,
        f"{count} checks could be made, and {expected} are due at the least for: "
        f"{declared or 'a plugin that offers nothing'}",
    )


def _least(kind: str, spec: Spec) -> int:
    more = 0
    if isinstance(spec, ModelSpec):
        more = int(bool(spec.spaces)) + int(spec.parameters is not None)
    if isinstance(spec, DatasetSpec):
        more = int(spec.composable) + len(READER_CHECKS) * bool(spec.reader)
    if isinstance(spec, TrainerSpec):
        more = len({*spec.recipe_fields} - {"lr", "seed"}) + int(spec.distributed)
    return MIN_CHECKS[kind] + more


def find_plugin(catalog: Catalog, name: str) -> Plugin:
    """Return a plugin by its distribution's name, or by that of something that only it offers."""
    for plugin in catalog.plugins:
        if canonical(plugin.distribution) == canonical(name):
            return plugin
    owners = {
        entry.plugin.distribution: entry.plugin
        for kind in KINDS
        for known, entry in catalog.entries(kind).items()
        if known == name
    }
    if len(owners) == 1:
        return next(iter(owners.values()))
    known = [plugin.distribution for plugin in catalog.plugins]
    what = f"several plugins offer {name!r}" if owners else f"there is no plugin {name!r} installed"
    raise UnknownNameError(
        what, hint=f"{did_you_mean(name, known)} There are: {join_names(owners or known)}.".strip()
    )


def _of_plugin(catalog: Catalog, plugin: Plugin) -> Iterator[Check]:
    name = plugin.distribution
    yield from _each(name, static_checks.PLUGIN_CHECKS, (catalog, name))
    yield from _each(name, IMPORT_CHECKS, (catalog, name))
    hooks = static_checks.running_hooks(catalog, name).keys()
    if hooks - {static_checks.TUNE_HOOK}:
        yield from _each(name, HOOK_CHECKS, (catalog, name))
    if static_checks.TUNE_HOOK in hooks:
        yield from _each(name, SEARCH_CHECKS, (catalog, name))


def _of_model(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    yield from _each(name, _SPEC_CHECKS | _LICENSE_CHECKS, (entry,))
    yield from _each(
        name, {"names what is installed": static_checks.names_what_is_installed}, (catalog, entry)
    )
    yield from _each(name, CONFIG_CHECKS, (catalog, name))
    if entry.spec.parameters is not None:
        yield from _each(name, COUNT_CHECKS, (catalog, name))
    for recipe in _names_or_none(recipe_names, entry):
        if not _has_dataset(catalog, entry, recipe):
            continue  # for a data set that another plugin offers, which is not here
        with_recipe = {**RECIPE_CHECKS, **MODEL_CHECKS, **RECIPE_FAULTS}
        yield from _each(f"{name}.{recipe}", with_recipe, (catalog, name, recipe))
    for space in _names_or_none(spaces_of, entry):
        yield from _each(f"{name}, space {space}", SPACE_CHECKS, (catalog, name, space))


def _has_dataset(catalog: Catalog, entry: Entry[ModelSpec], recipe: str) -> bool:
    _, at, dataset = recipe.partition(FOR_DATASET)
    return not at or dataset in catalog.entries("datasets")


def _names_or_none(
    of: Callable[[Entry[ModelSpec]], Iterable[str]], entry: Entry[ModelSpec]
) -> Iterable[str]:
    try:
        return list(of(entry))
    except Exception:
        return ()  # that they cannot be had is what another check says


def _of_dataset(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    states = {"states a sha256 and a source": static_checks.states_a_sha256}
    yield from _each(name, _SPEC_CHECKS | _LICENSE_CHECKS | states, (entry,))
    yield from _each(name, DATASET_CHECKS, (catalog, name))
    if entry.spec.composable:
        yield from _each(name, COMPOSABLE_CHECKS, (catalog, name))
    if entry.spec.reader:
        yield from _each(name, READER_CHECKS, (catalog, name))


def _of_source(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    yield from _each(name, _SPEC_CHECKS, (entry,))
    yield from _each(name, SOURCE_CHECKS, (catalog, name))


def _of_trainer(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    yield from _each(name, _SPEC_CHECKS, (entry,))
    yield from _each(name, TRAINER_CHECKS, (catalog, name))
    for field in sorted({"lr", "seed"}.union(entry.spec.recipe_fields)):
        yield Check(f"{name}: follows {field}", check_field_is_followed, (catalog, name, field))
    if entry.spec.distributed:
        yield from _each(name, DISTRIBUTED_CHECKS, (catalog, name))


def _of_registry(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    yield from _each(name, REGISTRY_CHECKS, (catalog, name))


def _of_command(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    yield from _each(f"zoo {name}", _SPEC_CHECKS, (entry,))
    yield from _each(f"zoo {name}", COMMAND_CHECKS, (catalog, name))


def _each(
    name: str, checks: Mapping[str, Callable[..., None]], arguments: tuple[Any, ...]
) -> Iterator[Check]:
    for what, function in checks.items():
        yield Check(f"{name}: {what}", function, arguments)


_SPEC_CHECKS = {"has import strings that resolve": static_checks.has_import_strings_that_resolve}

_LICENSE_CHECKS = {"names a license": static_checks.names_a_license}

_OF_KIND: dict[str, Callable[[Catalog, str, Entry[Any]], Iterator[Check]]] = {
    "models": _of_model,
    "datasets": _of_dataset,
    "sources": _of_source,
    "trainers": _of_trainer,
    "registries": _of_registry,
    "commands": _of_command,
}
