"""What a trainer must hold: a recipe field that it says it follows changes what comes out."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from zoo_core.catalog import Catalog
from zoo_core.errors import UnknownNameError
from zoo_core.testing.check import ContractError, expect
from zoo_core.testing.subject import Subject

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
}
"""For each field, trainings' values that differ in it alone."""


def check_field_is_followed(catalog: Catalog, trainer: str, field: str) -> None:
    """Trainings that differ in one field give different weights.

    Where the device has no bfloat16, a trainer may compute in float32 instead.
    """
    if field not in FIELD_TRIALS:
        raise ContractError(f"there is no recipe field {field!r} for a trainer to follow")
    name = _model_of(catalog, trainer)
    if field == "precision" and not _has_bfloat16(catalog, name):
        return
    trained = [
        Subject.make(catalog, name, **{**_PLAIN, **values}).fit().weights
        for values in FIELD_TRIALS[field]
    ]
    for first, second in combinations(trained, 2):
        expect(
            any((value != second[tensor]).any() for tensor, value in first.items()),
            f"it says that it follows {field}, which changes nothing",
        )


def _model_of(catalog: Catalog, trainer: str) -> str:
    for name, entry in catalog.entries("models").items():
        if entry.spec.trainer == trainer:
            return name
    raise UnknownNameError(f"no installed model is trained by {trainer!r}, which is to be checked")


def _has_bfloat16(catalog: Catalog, name: str) -> bool:
    environment = Subject.make(catalog, name).trainer.environment()
    return environment.get("bfloat16") != "absent"
