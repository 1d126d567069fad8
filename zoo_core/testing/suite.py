"""The suite: all checks of a plugin, selected by the specs that it offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from zoo_core.errors import UnknownNameError, choose_from, one_line
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.plugin import Plugin
from zoo_core.plugins.selection import canonical
from zoo_core.plugins.specs import KINDS, ModelSpec
from zoo_core.recipes.resolve import FOR_DATASET, recipe_names
from zoo_core.testing import other_checks, static_checks
from zoo_core.testing.check import Check, ContractError, expect
from zoo_core.testing.config_checks import CONFIG_CHECKS, RECIPE_CHECKS, can_be_searched
from zoo_core.testing.dataset_checks import DATASET_CHECKS, READER_CHECKS, composes_new_images
from zoo_core.testing.import_checks import IMPORT_CHECKS
from zoo_core.testing.model_checks import MODEL_CHECKS, has_the_stated_parameter_count
from zoo_core.testing.resume_checks import resumes_to_the_bit
from zoo_core.testing.trainer_checks import (
    TRAINER_CHECKS,
    check_field_is_implemented,
    provides_a_group,
)
from zoo_core.tuning.model_spaces import spaces_of

MAX_MODELS = 20
"""Maximum number of models of a plugin that are checked."""

MAX_SAMPLE_PARAMETERS = 12_000_000
"""Maximum number of trainable parameters of a model in a sample."""
# Larger ones take minutes for their trainings on a CPU.


def plugin_checks(catalog: Catalog, plugin: str) -> list[Check]:
    """Return all checks of a plugin.

    A model is checked with each of its recipes and search spaces, a trainer with each recipe field
    that it implements.

    Args:
        catalog: the plugin, and the plugins that its models need.
        plugin: a distribution, or the name of something that one plugin alone offers.

    Raises:
        UnknownNameError: no plugin has or offers that name.
    """
    found = find_plugin(catalog, plugin)
    checks = list(_of_plugin(catalog, found.distribution))
    models: list[Entry[ModelSpec]] = []
    for kind, of_kind in _OF_KIND.items():
        entries = {
            name: entry
            for name, entry in catalog.entries(kind).items()
            if entry.plugin.distribution == found.distribution
        }
        for name in sample(entries, asked=plugin) if kind == "models" else entries:
            checks += of_kind(catalog, name, entries[name])
            models += [entries[name]] * (kind == "models")
    return [*checks, *_checks(found.distribution, [lists_everything_it_offers], found, models)]


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
    """Return a plugin by its distribution, or by the name of something that it alone offers."""
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
    problem = (
        f"{name!r} is offered by several plugins" if owners else f"there is no plugin {name!r}"
    )
    raise UnknownNameError(problem, hint=choose_from(name, owners or known, command="zoo plugins"))


def _checks(subject: str, functions: Iterable[Callable[..., None]], *arguments: Any) -> list[Check]:
    """Return one check per function, named after the subject and the function."""
    return [Check(f"{subject}: {check_name(each)}", each, arguments) for each in functions]


def check_name(function: Callable[..., None]) -> str:
    """Return the name of a check, without its subject: that of its function, in words."""
    return function.__name__.replace("_", " ").replace(" json", " JSON")


def _of_plugin(catalog: Catalog, name: str) -> Iterator[Check]:
    yield from _checks(name, static_checks.PLUGIN_CHECKS + IMPORT_CHECKS, catalog, name)
    hooks = static_checks.running_hooks(catalog, name).keys()
    if hooks - {static_checks.TUNE_HOOK}:
        yield from _checks(name, [other_checks.runs_its_training_hooks], catalog, name)
    if static_checks.TUNE_HOOK in hooks:
        yield from _checks(name, [other_checks.runs_its_search_hook], catalog, name)


def _of_model(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    yield from _checks(name, [_IMPORTS, static_checks.has_an_spdx_license], entry)
    yield from _checks(name, [static_checks.has_trainer_and_data_set_installed], catalog, entry)
    yield from _checks(name, CONFIG_CHECKS, catalog, name)
    if entry.spec.parameters is not None:
        yield from _checks(name, [has_the_stated_parameter_count], catalog, name)
    for recipe in _names_or_none(recipe_names, entry):
        # A recipe may be for a data set of another plugin, which need not be installed.
        if _has_dataset(catalog, recipe):
            with_recipe = (*RECIPE_CHECKS, *MODEL_CHECKS, resumes_to_the_bit)
            yield from _checks(f"{name}.{recipe}", with_recipe, catalog, name, recipe)
    for space in _names_or_none(spaces_of, entry):
        yield from _checks(f"{name}, space {space}", [can_be_searched], catalog, name, space)


def _has_dataset(catalog: Catalog, recipe: str) -> bool:
    _, at, dataset = recipe.partition(FOR_DATASET)
    return not at or dataset in catalog.entries("datasets")


def _names_or_none(
    names: Callable[[Entry[ModelSpec]], Iterable[str]], entry: Entry[ModelSpec]
) -> Iterable[str]:
    try:
        return list(names(entry))
    except Exception:
        return ()  # `lists_everything_it_offers` reports the error


def _of_dataset(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    static = [
        _IMPORTS,
        static_checks.has_an_spdx_license,
        static_checks.states_a_sha256_and_a_source,
    ]
    yield from _checks(name, static, entry)
    yield from _checks(name, DATASET_CHECKS, catalog, name)
    if entry.spec.composable:
        yield from _checks(name, [composes_new_images], catalog, name)
    if entry.spec.reader:
        yield from _checks(name, READER_CHECKS, catalog, name)


def _of_source(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    yield from _checks(name, [_IMPORTS], entry)
    yield from _checks(name, [other_checks.refuses_an_address_without_data], catalog, name)


def _of_trainer(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    yield from _checks(name, [_IMPORTS], entry)
    yield from _checks(name, TRAINER_CHECKS, catalog, name)
    # Every trainer implements the first two; its spec does not list them.
    for field in sorted({"lr", "seed"}.union(entry.spec.recipe_fields)):
        yield Check(
            f"{name}: implements {field}", check_field_is_implemented, (catalog, name, field)
        )
    if entry.spec.distributed:
        yield from _checks(name, [provides_a_group], catalog, name)


def _of_registry(catalog: Catalog, name: str, _entry: Entry[Any]) -> Iterator[Check]:
    yield from _checks(name, [other_checks.can_be_read], catalog, name)


def _of_command(catalog: Catalog, name: str, entry: Entry[Any]) -> Iterator[Check]:
    subject = f"zoo {name}"  # because a model may have the name of a command
    yield from _checks(subject, [_IMPORTS], entry)
    commands = [other_checks.is_a_click_command, other_checks.has_a_help_text]
    yield from _checks(subject, commands, catalog, name)


_IMPORTS = static_checks.has_import_strings_that_resolve

_OF_KIND: dict[str, Callable[[Catalog, str, Entry[Any]], Iterator[Check]]] = {
    "models": _of_model,
    "datasets": _of_dataset,
    "sources": _of_source,
    "trainers": _of_trainer,
    "registries": _of_registry,
    "commands": _of_command,
}
