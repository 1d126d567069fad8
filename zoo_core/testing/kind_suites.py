"""The checks of data sets, sources, trainers, runtimes, tasks, losses, registries and commands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec, TrainerSpec
from zoo_core.recipes.fields.loss import LOSS_FIELDS
from zoo_core.testing.check import Check
from zoo_core.testing.checks import (
    dataset_checks,
    learning_checks,
    other_checks,
    registry_checks,
    static_checks,
    task_checks,
    task_prediction_checks,
    trainer_checks,
)
from zoo_core.testing.checks.config_checks import resolves
from zoo_core.testing.checks.prediction_checks import predicts
from zoo_core.testing.checks.resume_checks import resumes_to_the_bit
from zoo_core.testing.make_checks import make_checks, names_of
from zoo_core.testing.model_suite import BUILD_CHECKS
from zoo_core.testing.trainer_subject import foreign_model, own_model

_IMPORTS = static_checks.has_import_strings_that_resolve


def checks_of_dataset(
    catalog: Catalog, name: str, entry: Entry[Any], _model: str
) -> Iterator[Check]:
    """Yield the checks of a data set."""
    static = [static_checks.has_an_spdx_license, static_checks.states_a_sha256_and_a_source]
    tasks = static_checks.has_its_tasks_installed
    yield from make_checks(name, [_IMPORTS, *static], entry)
    yield from make_checks(name, [tasks], catalog, entry)
    imports, loads = names_of(name, _IMPORTS), dataset_checks.can_be_loaded
    # What is wrong with a loader is reported once, for the first data set that it loads.
    first = _first_of_loader(catalog, entry)
    shared = first if first != name else ""
    needs = [*imports, *(names_of(shared, loads) if shared else [])]
    yield from make_checks(name, [loads], catalog, name, needs=needs)
    needs += names_of(name, loads)
    functions = [*dataset_checks.FORM_CHECKS, *dataset_checks.DATASET_CHECKS]
    functions += [dataset_checks.composes_new_images] * entry.spec.composable
    functions += dataset_checks.READER_CHECKS * bool(entry.spec.reader)
    for function in functions:
        more = names_of(shared, function) if shared and function in _OF_LOADER else []
        if function is dataset_checks.has_targets_of_its_tasks:
            more += names_of(name, tasks)
        if function is dataset_checks.has_its_sha256:  # which every wrong array changes as well
            more += names_of(name, *dataset_checks.FORM_CHECKS)
        yield from make_checks(name, [function], catalog, name, needs=[*needs, *more])


_OF_LOADER = (dataset_checks.has_targets_of_its_tasks, dataset_checks.is_equal_on_every_load)
"""Checks of a data set that depend on its loader more than on its spec."""


def _first_of_loader(catalog: Catalog, entry: Entry[DatasetSpec]) -> str:
    """Return the name of the first data set of the same plugin with the same loader."""
    return next(
        name
        for name, each in catalog.entries("datasets").items()
        if (each.plugin, each.spec.loader) == (entry.plugin, entry.spec.loader)
    )


def checks_of_source(
    catalog: Catalog, name: str, entry: Entry[Any], _model: str
) -> Iterator[Check]:
    """Yield the checks of a source."""
    yield from make_checks(name, [_IMPORTS], entry)
    refuses = other_checks.refuses_an_address_without_data
    yield from make_checks(name, [refuses], catalog, name, needs=names_of(name, _IMPORTS))


def checks_of_trainer(
    catalog: Catalog, name: str, entry: Entry[Any], model: str
) -> Iterator[Check]:
    """Yield the checks of a trainer."""
    foreign = foreign_model(catalog, entry, model)
    for check in _checks_of_trainer(catalog, name, entry, model):
        yield replace(check, model=foreign)


def _checks_of_trainer(
    catalog: Catalog, name: str, entry: Entry[Any], model: str
) -> Iterator[Check]:
    arguments, imports = (catalog, name, model), names_of(name, _IMPORTS)
    found, trains = trainer_checks.has_a_model_to_train, trainer_checks.trains
    alone = [*trainer_checks.TRAINER_CHECKS]
    alone += [trainer_checks.provides_a_group] * entry.spec.distributed
    fields = [trainer_checks.adds_recipe_fields_with_defaults] * bool(entry.spec.fields)
    # Checked before with its trainer, so that a fault of either is reported once.
    own = model or own_model(catalog, entry)
    default = f"{own}.default"
    built = [*imports, *names_of(own, *BUILD_CHECKS), *names_of(default, resolves, predicts)]
    yield from make_checks(name, [_IMPORTS], entry)
    yield from make_checks(name, alone, *arguments, needs=imports)
    yield from make_checks(name, fields, *arguments, needs=imports)
    built += names_of(name, *fields)
    yield from make_checks(name, [found], *arguments, needs=built)
    needs = [*imports, *names_of(name, found)]
    yield from make_checks(name, trainer_checks.WEIGHT_CHECKS, *arguments, needs=needs)
    learns = [*needs, *names_of(default, learning_checks.trains)]
    yield from make_checks(name, [trains], *arguments, needs=learns, trains=True)
    needs += names_of(name, trains)
    *kept, resumes = trainer_checks.LEARNER_CHECKS
    yield from make_checks(name, kept, *arguments, needs=needs, trains=True)
    # The others compare trainings.
    repeated = [*needs, *names_of(default, learning_checks.is_deterministic)]
    same = trainer_checks.is_deterministic
    yield from make_checks(name, [same], *arguments, needs=repeated, trains=True)
    needs += names_of(name, same)
    resumed = [*needs, *names_of(default, resumes_to_the_bit)]
    yield from make_checks(name, [resumes], *arguments, needs=resumed, trains=True)
    # Every trainer implements the first two; its spec does not list them. It calls losses, whose
    # own specs list their fields.
    names = {"lr", "seed"}.union(entry.spec.recipe_fields, _fields_of_losses(catalog, entry))
    states = trainer_checks.STATE_FIELDS
    # Those with a state first, because the check before shares their trainings.
    for field in sorted(names, key=lambda each: (each not in states, each)):
        yield Check(
            f"{name}: implements {field}",
            trainer_checks.check_field_is_implemented,
            (*arguments, field),
            tuple(needs),
            trains=True,
        )


def _fields_of_losses(catalog: Catalog, trainer: Entry[TrainerSpec]) -> set[str]:
    """Return the recipe fields that a loss for a trainer's framework implements."""
    specs = [loss.spec for loss in catalog.losses()]
    own = [spec for spec in specs if spec.framework == trainer.spec.framework]
    return {field for spec in own for field in spec.recipe_fields} & LOSS_FIELDS


def checks_of_runtime(
    catalog: Catalog, name: str, entry: Entry[Any], _model: str
) -> Iterator[Check]:
    """Yield the checks of a runtime."""
    subject = f"runtime {name}"  # because a model may have the name of a runtime
    yield from make_checks(subject, [_IMPORTS], entry)
    functions = [other_checks.is_for_the_format_of_a_trainer, other_checks.refuses_other_files]
    needs = names_of(subject, _IMPORTS)
    yield from make_checks(subject, functions, catalog, name, needs=needs)


def checks_of_task(catalog: Catalog, name: str, entry: Entry[Any], _model: str) -> Iterator[Check]:
    """Yield the checks of a task."""
    subject = f"task {name}"  # because a model may have the name of a task
    is_task, legal = task_checks.is_a_task_with_measures, task_checks.has_legal_example_targets
    yield from make_checks(subject, [_IMPORTS], entry)
    yield from make_checks(subject, [task_checks.has_its_default_loss], catalog, name)
    needs = names_of(subject, _IMPORTS)
    yield from make_checks(subject, [is_task], catalog, name, needs=needs)
    needs += names_of(subject, is_task)
    yield from make_checks(subject, [legal], catalog, name, needs=needs)
    needs += names_of(subject, legal)
    yield from make_checks(subject, [task_checks.refuses_wrong_targets], catalog, name, needs=needs)
    # In an order in which a fault of `measure` or `predict` fails once.
    predicts = task_prediction_checks.describes_every_prediction
    yield from make_checks(subject, [predicts], catalog, name, needs=needs)
    for function in task_checks.MEASURE_CHECKS:
        yield from make_checks(subject, [function], catalog, name, needs=needs)
        needs += names_of(subject, function)
    yield from make_checks(
        subject, [task_checks.restores_scaled_outputs], catalog, name, needs=needs
    )
    needs += names_of(subject, predicts)
    others = [
        task_prediction_checks.combines_equal_members,
        task_prediction_checks.states_confidences,
    ]
    yield from make_checks(subject, others, catalog, name, needs=needs)


def checks_of_loss(catalog: Catalog, _name: str, entry: Entry[Any], _model: str) -> Iterator[Check]:
    """Yield the checks of a loss."""
    spec = entry.spec
    # Not the name alone, which losses of several tasks and frameworks may share.
    subject = f"loss {spec.name} of {spec.task} for {spec.framework}"
    installed = [
        other_checks.has_its_task_installed,
        other_checks.is_for_the_framework_of_a_trainer,
    ]
    yield from make_checks(subject, [_IMPORTS], entry)
    yield from make_checks(subject, installed, catalog, entry)
    yield from make_checks(subject, [other_checks.implements_recipe_fields_of_losses], entry)
    needs = names_of(subject, _IMPORTS, *installed)
    needs += names_of(f"task {spec.task}", task_checks.has_legal_example_targets)
    weighted = "class_weights" in spec.recipe_fields
    functions = [*other_checks.LOSS_CHECKS, *other_checks.WEIGHT_CHECKS * weighted]
    for function in functions * bool(spec.loss):  # or the framework computes it
        yield from make_checks(subject, [function], catalog, entry, needs=needs)
        needs += names_of(subject, function)


def checks_of_registry(
    catalog: Catalog, name: str, _entry: Entry[Any], _model: str
) -> Iterator[Check]:
    """Yield the checks of a registry."""
    yield from make_checks(name, [registry_checks.can_be_read], catalog, name)
    matches, *outputs = registry_checks.WEIGHTS_CHECKS
    for found in registry_checks.published(catalog, name):
        subject = found.qualified_name
        yield from make_checks(subject, [matches], catalog, found)
        yield from make_checks(subject, outputs, catalog, found, needs=names_of(subject, matches))


def checks_of_command(
    catalog: Catalog, name: str, entry: Entry[Any], _model: str
) -> Iterator[Check]:
    """Yield the checks of a command."""
    subject = f"zoo {name}"  # because a model may have the name of a command
    yield from make_checks(subject, [_IMPORTS], entry)
    needs = names_of(subject, _IMPORTS)
    yield from make_checks(subject, [other_checks.is_a_click_command], catalog, name, needs=needs)
    needs += names_of(subject, other_checks.is_a_click_command)
    yield from make_checks(subject, [other_checks.has_a_help_text], catalog, name, needs=needs)
