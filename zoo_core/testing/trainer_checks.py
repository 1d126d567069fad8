"""Checks of a trainer, by training a model with it."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import numpy as np

from zoo_core.errors import InvalidValueError, PluginError, UnknownNameError
from zoo_core.frameworks.trainer import Batch, group_of, make_trainer
from zoo_core.plugins.catalog import Catalog
from zoo_core.recipes.recipe import TRAINER_FIELDS, Recipe
from zoo_core.testing.check import ContractError, NotApplicableError, expect, expect_equal
from zoo_core.testing.resume_checks import resumes_to_the_bit
from zoo_core.testing.trainee import Trainee

# The defaults of a recipe have no effect, so that two trainings differ in the field under test
# alone; the model's own recipe may augment images or decay weights.
_PLAIN: dict[str, Any] = {
    field: Recipe.model_fields[field].default for field in (*TRAINER_FIELDS, "schedule")
} | {"lr": 0.01}

_MOMENTUM = {"momentum": 0.9}

FIELD_TRIALS: dict[str, tuple[dict[str, Any], ...]] = {
    "lr": ({}, {"lr": 0.02}),
    "seed": ({}, {"seed": 1}),
    "optimizer": ({}, {"optimizer": "adamw"}, {"optimizer": "muon"}),
    "momentum": ({}, _MOMENTUM),
    # Without momentum, Nesterov's variant has no effect.
    "nesterov": (_MOMENTUM, {**_MOMENTUM, "nesterov": True}),
    "weight_decay": ({}, {"weight_decay": 0.1}),
    "label_smoothing": ({}, {"label_smoothing": 0.1}),
    "ema": ({}, {"ema": 0.9}),
    "precision": ({}, {"precision": "bfloat16"}),
    "rotate": ({}, {"rotate": 20.0}),
    "shear": ({}, {"shear": 20.0}),
    "scale": ({}, {"scale": 0.2}),
    "translate": ({}, {"translate": 2.0}),
    "elastic": ({}, {"elastic": 2.0}),
    "flip": ({}, {"flip": 0.5}),
    "transforms": ({}, {"transforms": ["RandomVerticalFlip"]}),
}
"""Recipe field -> values of trainings that differ in this field alone."""


def check_field_is_implemented(catalog: Catalog, trainer: str, field: str) -> None:
    """Check that trainings that differ in one recipe field end with different weights."""
    if field not in FIELD_TRIALS:
        raise ContractError(f"recipe_fields of its spec: there is no recipe field {field!r}")
    name = _model_of(catalog, trainer)
    if field == "precision" and not _has_bfloat16(catalog, name):
        raise NotApplicableError("this processor has no bfloat16")
    try:
        trained = [
            Trainee.make(catalog, name, **{**_PLAIN, **values}).fit().weights
            for values in FIELD_TRIALS[field]
        ]
    except PluginError as exc:
        if field != "transforms":
            raise
        raise NotApplicableError(str(exc)) from exc  # they may need an optional library
    for first, second in combinations(trained, 2):
        expect(
            any((value != second[tensor]).any() for tensor, value in first.items()),
            f"its spec lists the recipe field {field}, which has no effect",
        )


def states_its_environment(catalog: Catalog, trainer: str) -> None:
    """Check that ``environment`` is complete, plain and constant."""
    trainee = Trainee.make(catalog, _model_of(catalog, trainer))
    facts = trainee.trainer.environment()
    for key in ("framework", "device"):
        expect(facts.get(key), f"its environment has no {key!r}: {facts}")
    plain = all(isinstance(value, str | int) for value in facts.values())
    expect(plain, f"its environment: expected strings and integers alone, got {facts}")
    # A fact that varies, such as a time, would make every reproduction differ from its card.
    again = trainee.trainer.environment()
    expect(
        json.dumps(facts) == json.dumps(again),
        f"its environment on the second call: expected {facts}, got {again}",
    )


def refuses_an_unknown_device(catalog: Catalog, trainer: str) -> None:
    """Check that an unknown device is an `InvalidValueError` that names it."""
    try:
        make_trainer(catalog.trainer(trainer), device="no-such-device", threads=None)
    except InvalidValueError as exc:
        expect("no-such-device" in str(exc), f"the error does not name the device: {exc}")
    else:
        raise ContractError("it accepts the device 'no-such-device'; raise InvalidValueError")


def gets_and_sets_weights(catalog: Catalog, trainer: str) -> None:
    """Check that ``get_weights`` returns copies, and what ``set_weights`` has set."""
    trainee = Trainee.make(catalog, _model_of(catalog, trainer))
    model, other = trainee.build(0), trainee.build(1)
    weights = {name: array.copy() for name, array in trainee.trainer.get_weights(model).items()}
    for array in trainee.trainer.get_weights(model).values():
        array[...] = 0  # of a copy, or the model has changed
    trainee.trainer.set_weights(other, weights)
    for each, why in ((model, "after a copy of it was changed"), (other, "after set_weights")):
        for tensor, value in trainee.trainer.get_weights(each).items():
            expect_equal(value, weights[tensor], tensor, why)


def returns_a_copy_of_its_state(catalog: Catalog, trainer: str) -> None:
    """Check that a learner's state is a copy, which later steps do not change."""
    # By the contract, so that a caller may keep one while the training continues.
    trainee = Trainee.make(catalog, _model_of(catalog, trainer))
    learner = trainee.start(trainee.build(0))
    state = learner.get_state()
    kept = {key: value.copy() for key, value in state.items()}
    learner.step(Batch(step=0, rows=np.arange(8), lr=0.1))
    for key, value in state.items():
        expect_equal(value, kept[key], key, "in a state after one more step")


def counts_parameters(catalog: Catalog, trainer: str) -> None:
    """Check that the number of parameters is positive, and at most the size of the weights."""
    # Weights also hold buffers, which are not trained: hence "at most".
    trainee = Trainee.make(catalog, _model_of(catalog, trainer))
    model = trainee.build(0)
    count = trainee.trainer.count_parameters(model)
    size = sum(array.size for array in trainee.trainer.get_weights(model).values())
    expect(
        0 < count <= size,
        f"number of parameters: expected 1 to {size}, the size of the weights, got {count}",
    )


def resumes_its_training(catalog: Catalog, trainer: str) -> None:
    """Check that a training stopped after every step ends like one that was never stopped."""
    # The model may belong to another plugin, whose checks do not run with this one's.
    resumes_to_the_bit(catalog, _model_of(catalog, trainer), "default")


def provides_a_group(catalog: Catalog, trainer: str) -> None:
    """Check that a distributed trainer in a single process is rank 0 of 1."""
    entry = catalog.trainer(trainer)
    group = group_of(entry, make_trainer(entry, device="cpu", threads=None))
    expect(
        (group.rank, group.size) == (0, 1),
        f"its group without a launcher: expected rank 0 of 1, got rank {group.rank} of "
        f"{group.size}",
    )


def _model_of(catalog: Catalog, trainer: str) -> str:
    for name, entry in catalog.entries("models").items():
        if entry.spec.trainer == trainer:
            return name
    raise UnknownNameError(
        f"no installed model has the trainer {trainer!r}", hint="Install one to check the trainer."
    )


def _has_bfloat16(catalog: Catalog, name: str) -> bool:
    environment = Trainee.make(catalog, name).trainer.environment()
    return environment.get("bfloat16") != "absent"


TRAINER_CHECKS = (
    states_its_environment,
    refuses_an_unknown_device,
    gets_and_sets_weights,
    returns_a_copy_of_its_state,
    counts_parameters,
    resumes_its_training,
)
