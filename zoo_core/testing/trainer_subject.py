"""The model with which a trainer is checked."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec, TrainerSpec
from zoo_core.testing.check import ContractError
from zoo_core.testing.dummy import catalog_of
from zoo_core.testing.plain_recipe import plain_values
from zoo_core.testing.random_data import TWO_HEADED
from zoo_core.testing.trainee import Subject

_CONSTANT: dict[str, Any] = {"schedule": "constant", "warmup": None, "lr": 0.01}


@lru_cache(maxsize=8)  # because results of trainings are shared by their subject
def trainer_subject(catalog: Catalog, trainer: str, model: str = "") -> Subject:
    """Return the model with which a trainer is checked, with a plain recipe.

    The first of: the model `model`, the small model of the trainer's spec, a model of its plugin
    that it trains, and the small model of another trainer of the same framework.

    Raises:
        ContractError: no model was found.
    """
    entry = catalog.trainer(trainer)
    # The defaults of a recipe have no effect, so that two trainings differ in the field under test
    # alone; the model's own recipe may augment images or decay weights.
    plain = plain_values(entry.spec) | _CONSTANT
    if name := model or own_model(catalog, entry):
        values = plain | {"trainer": trainer}
        return Subject(catalog, name, changes=tuple(values.items()))
    builder = entry.spec.check_model or _model_of_framework(catalog, entry.spec)
    if not builder:
        raise ContractError(
            f"there is no model to check trainer {trainer!r} with: its spec has no check_model, "
            "and its plugin has no model that it trains",
            hint="Name one: zoo check PLUGIN --model MODEL",
        )
    offered = _check_model(builder, entry.spec.name)
    # A catalog of these alone, so that no other plugin can have an effect.
    framework = entry.spec.framework
    losses = [each.spec for each in catalog.losses() if each.spec.framework == framework]
    offers = [("trainers", entry.spec), ("models", offered), ("datasets", TWO_HEADED)]
    alone = catalog_of(*offers, *(("losses", loss) for loss in losses))
    return Subject(alone, offered.name, changes=tuple(plain.items()))


def _check_model(builder: str, trainer: str) -> ModelSpec:
    return ModelSpec(
        name="check-model",
        summary="Small model, for checks of its trainer.",
        builder=builder,
        config="zoo_core.recipes.model_config:ModelConfig",
        recipes="zoo_core.testing.dummy:RECIPES",
        trainer=trainer,
        dataset=TWO_HEADED.name,
        heads=None,
        license="MIT",
    )


def own_model(catalog: Catalog, trainer: Entry[TrainerSpec]) -> str:
    """Return the model of the trainer's plugin with which it is checked, or an empty string."""
    if trainer.spec.check_model:
        return ""
    names = (trainer.spec.name, trainer.qualified_name)
    return next(
        (
            name
            for name, entry in catalog.entries("models").items()
            if entry.plugin == trainer.plugin and entry.spec.trainer in names
        ),
        "",
    )


def foreign_model(catalog: Catalog, trainer: Entry[TrainerSpec], model: str) -> str:
    """Return the model of another plugin with which a trainer is checked, in words, or nothing."""
    if model:
        entry = catalog.model(model)
        return "" if entry.plugin == trainer.plugin else f"model {model!r} of {entry.plugin}"
    if trainer.spec.check_model or own_model(catalog, trainer):
        return ""
    builder = _model_of_framework(catalog, trainer.spec)
    return f"the model {builder}" if builder else ""


def _model_of_framework(catalog: Catalog, spec: TrainerSpec) -> str:
    """Return the import string of a framework's small model, or an empty string."""
    specs = [entry.spec for entry in catalog.entries("trainers").values()]
    found = [each for each in specs if each.framework == spec.framework and each.check_model]
    # The framework's own plugin first, whose trainer has its name.
    found.sort(key=lambda each: (each.name != each.framework, each.name))
    return found[0].check_model if found else ""
