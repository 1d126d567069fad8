"""The checks of a model: of its spec, its config, and each of its recipes and search spaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import INPUT_DTYPES
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.resolve import FOR_DATASET, recipe_names, spaces_of
from zoo_core.testing.check import Check
from zoo_core.testing.checks import learning_checks, prediction_checks, static_checks
from zoo_core.testing.checks.config_checks import (
    RECIPE_CHECKS,
    builds_with_its_defaults,
    can_be_searched,
    has_a_default_recipe,
    refuses_nested_unknown_keys,
)
from zoo_core.testing.checks.data_variation_checks import VARIATION_CHECKS
from zoo_core.testing.checks.resume_checks import ONE_STOP, STOPS, resumes_to_the_bit
from zoo_core.testing.make_checks import make_checks, names_of
from zoo_core.testing.trainee import Subject

_IMPORTS = static_checks.has_import_strings_that_resolve

BUILD_CHECKS = (
    _IMPORTS,
    static_checks.has_trainer_and_data_set_installed,
    static_checks.supports_installed_tasks,
    builds_with_its_defaults,
)
"""Checks without which a model cannot be built."""


def checks_of_model(catalog: Catalog, name: str, entry: Entry[Any], _model: str) -> Iterator[Check]:
    """Yield the checks of a model."""
    installed = static_checks.has_trainer_and_data_set_installed
    yield from make_checks(name, [_IMPORTS, static_checks.has_an_spdx_license], entry)
    tasks = static_checks.supports_installed_tasks
    of_data = names_of(entry.spec.dataset, static_checks.has_its_tasks_installed)
    yield from make_checks(name, [installed, tasks], catalog, entry)
    imports = names_of(name, _IMPORTS)
    plain = [has_a_default_recipe, refuses_nested_unknown_keys]
    yield from make_checks(name, plain, catalog, name, needs=imports)
    # Its data set decides about defaults.
    needs = [*imports, *names_of(name, installed, tasks), *of_data]
    yield from make_checks(name, [builds_with_its_defaults], catalog, name, needs=needs)
    built = names_of(name, *BUILD_CHECKS)
    if entry.spec.parameters is not None:
        count = prediction_checks.has_the_stated_parameter_count
        yield from make_checks(name, [count], catalog, name, needs=built)
    recipes = list(_names_or_none(recipe_names, entry))
    # The default one first, because its failures are not repeated for the others.
    for recipe in sorted(recipes, key=lambda each: (each != "default", each)):
        # A recipe may be for a data set of another plugin, which need not be installed.
        if _has_dataset(catalog, recipe):
            yield from _of_recipe(Subject(catalog, name, recipe), built)
    planned = [*built, *names_of(f"{name}.default", RECIPE_CHECKS[0])]
    stated = [prediction_checks.loads_its_pretrained_weights] * bool(entry.spec.pretrained)
    stated += [prediction_checks.renames_tensors_to_its_own] * bool(entry.spec.renamed)
    yield from make_checks(name, stated, Subject(catalog, name), needs=planned)
    for space in _names_or_none(spaces_of, entry):
        yield from make_checks(
            f"{name}, space {space}", [can_be_searched], catalog, name, space, needs=planned
        )


def _of_recipe(subject: Subject, needs: Sequence[str]) -> Iterator[Check]:
    """Yield the checks of a model with one of its recipes."""
    default = f"{subject.model}.default"
    label = f"{subject.model}.{subject.recipe}"

    def checks(
        functions: Iterable[Callable[..., None]],
        *causes: Callable[..., None],
        trains: bool = False,
        arguments: tuple[Any, ...] = (),
    ) -> Iterator[Check]:
        for each in functions:
            same = names_of(default, each) if label != default else []
            wanted = [*needs, *names_of(label, *causes), *same]
            yield from make_checks(label, [each], subject, *arguments, needs=wanted, trains=trains)

    resolves, *others = RECIPE_CHECKS
    predicts, trains = prediction_checks.predicts, learning_checks.trains
    yield from checks([resolves])
    yield from checks(others, resolves)
    yield from checks([predicts], resolves)
    yield from checks(prediction_checks.PREDICTION_CHECKS, resolves, predicts)
    if label == default:
        yield from checks(VARIATION_CHECKS, resolves, predicts)
    yield from checks([trains], resolves, predicts, trains=True)
    fits = (resolves, predicts, trains)
    same = learning_checks.is_deterministic
    yield from checks([same, *learning_checks.LEARNING_CHECKS], *fits, trains=True)
    yield from checks(learning_checks.DETERMINISTIC_CHECKS, *fits, same, trains=True)
    # The others may have states of their own, for which one stop will do.
    stops = STOPS if label == default else ONE_STOP
    yield from checks([resumes_to_the_bit], *fits, same, trains=True, arguments=(stops,))


def _has_dataset(catalog: Catalog, recipe: str) -> bool:
    _, at, dataset = recipe.partition(FOR_DATASET)
    return not at or dataset in INPUT_DTYPES or dataset in catalog.entries("datasets")


def _names_or_none(
    names: Callable[[Entry[ModelSpec]], Iterable[str]], entry: Entry[ModelSpec]
) -> Iterable[str]:
    try:
        return list(names(entry))
    except Exception:
        return ()  # `lists_everything_it_offers` reports the error
