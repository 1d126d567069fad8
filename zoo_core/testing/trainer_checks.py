"""Checks of a trainer, by training a model with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from zoo_core.errors import InvalidValueError, PluginError, UnknownNameError
from zoo_core.frameworks.trainer import Batch, group_of, make_trainer
from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.check import ContractError, NotApplicableError, expect, expect_equal
from zoo_core.testing.resume_checks import resumes_to_the_bit
from zoo_core.testing.trainee import Trainee

_PLAIN: dict[str, Any] = {
    "optimizer": "sgd",
    "lr": 0.01,
    "momentum": 0.0,
    "nesterov": False,
    "weight_decay": 0.0,
    "schedule": "constant",
    "label_smoothing": 0.0,
    "ema": 0.0,
    "precision": "float32",
    "rotate": 0.0,
    "shear": 0.0,
    "scale": 0.0,
    "translate": 0.0,
    "elastic": 0.0,
    "flip": 0.0,
    "transforms": [],
}

_MOMENTUM = {"momentum": 0.9}

FIELD_TRIALS: dict[str, tuple[dict[str, Any], ...]] = {
    "lr": ({}, {"lr": 0.02}),
    "seed": ({}, {"seed": 1}),
    "optimizer": ({}, {"optimizer": "adamw"}, {"optimizer": "muon"}),
    "momentum": ({}, _MOMENTUM),
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
"""For each field, trainings' values that differ in it alone."""


def check_field_is_followed(catalog: Catalog, trainer: str, field: str) -> None:
    """Trainings that differ in one field give different weights."""
    if field not in FIELD_TRIALS:
        raise ContractError(f"there is no recipe field {field!r} for a trainer to follow")
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
        raise NotApplicableError(str(exc)) from exc  # a library that may be absent
    for first, second in combinations(trained, 2):
        expect(
            any((value != second[tensor]).any() for tensor, value in first.items()),
            f"it says that it follows {field}, which changes nothing",
        )


def states_its_environment(catalog: Catalog, trainer: str) -> None:
    """What decides the bits of a result is told, in words and numbers, and stays the same."""
    subject = Trainee.make(catalog, _model_of(catalog, trainer))
    facts = subject.trainer.environment()
    for key in ("framework", "device"):
        expect(facts.get(key), f"its environment does not say which {key}: {facts}")
    plain = all(isinstance(value, str | int) for value in facts.values())
    expect(plain, f"its environment holds more than strings and integers: {facts}")
    again = subject.trainer.environment()
    expect(json.dumps(facts) == json.dumps(again), f"its environment {facts} becomes {again}")


def refuses_a_device_that_is_none(catalog: Catalog, trainer: str) -> None:
    """A device that does not exist is an error that says so, and no other."""
    try:
        make_trainer(catalog.trainer(trainer), device="no-such-device", threads=None)
    except InvalidValueError as exc:
        expect("no-such-device" in str(exc), f"it does not name the device: {exc}")
    else:
        raise ContractError("it takes the device 'no-such-device'; raise InvalidValueError")


def gives_and_takes_weights(catalog: Catalog, trainer: str) -> None:
    """Weights are copies, come back as they were given, and decide what is predicted."""
    subject = Trainee.make(catalog, _model_of(catalog, trainer))
    model, other = subject.build(0), subject.build(1)
    weights = {name: array.copy() for name, array in subject.trainer.get_weights(model).items()}
    for array in subject.trainer.get_weights(model).values():
        array[...] = 0  # of a copy, which changes nothing
    subject.trainer.set_weights(other, weights)
    for each, why in ((model, "after a copy of it was changed"), (other, "after set_weights")):
        for tensor, value in subject.trainer.get_weights(each).items():
            expect_equal(value, weights[tensor], tensor, why)


def gives_a_state_that_stays(catalog: Catalog, trainer: str) -> None:
    """A learner's state is a copy, which the steps after it leave alone."""
    subject = Trainee.make(catalog, _model_of(catalog, trainer))
    learner = subject.trainer.start(subject.build(0), subject.run)
    learner.set_data(subject.run.data.train)
    state = learner.get_state()
    kept = {key: value.copy() for key, value in state.items()}
    learner.step(Batch(step=0, rows=np.arange(8), lr=0.1))
    for key, value in state.items():
        expect_equal(value, kept[key], key, "in a state after one more step")


def counts_parameters(catalog: Catalog, trainer: str) -> None:
    """The number of parameters is positive, and at most that of all numbers in the weights."""
    subject = Trainee.make(catalog, _model_of(catalog, trainer))
    model = subject.build(0)
    count = subject.trainer.count_parameters(model)
    max_bytes = sum(array.size for array in subject.trainer.get_weights(model).values())
    expect(
        0 < count <= max_bytes,
        f"it counts {count} parameters, of {max_bytes} numbers in the weights",
    )


def resumes_what_it_trains(catalog: Catalog, trainer: str) -> None:
    """A training that was stopped after every step ends like one that never was."""
    resumes_to_the_bit(catalog, _model_of(catalog, trainer), "default")


def knows_its_group(catalog: Catalog, trainer: str) -> None:
    """A trainer of several processes says which they are."""
    entry = catalog.trainer(trainer)
    group = group_of(entry, make_trainer(entry, device="cpu", threads=None))
    expect(
        (group.rank, group.size) == (0, 1),
        f"in a process of its own it says that it is process {group.rank} of {group.size}",
    )


def _model_of(catalog: Catalog, trainer: str) -> str:
    for name, entry in catalog.entries("models").items():
        if entry.spec.trainer == trainer:
            return name
    raise UnknownNameError(f"no installed model is trained by {trainer!r}, which is to be checked")


def _has_bfloat16(catalog: Catalog, name: str) -> bool:
    environment = Trainee.make(catalog, name).trainer.environment()
    return environment.get("bfloat16") != "absent"


TRAINER_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "states its environment": states_its_environment,
    "refuses a device that is none": refuses_a_device_that_is_none,
    "gives and takes weights": gives_and_takes_weights,
    "gives a state that stays": gives_a_state_that_stays,
    "counts parameters": counts_parameters,
    "resumes what it trains": resumes_what_it_trains,
}

DISTRIBUTED_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "knows its group": knows_its_group,
}
"""Of a trainer that says that several processes may train together."""
