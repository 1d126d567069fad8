"""Checks that a model can be built for other data sets than its own."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from zoo_core.errors import InvalidValueError, ZooError, one_line
from zoo_core.frameworks.trainer import Trainer, model_builder
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.validation import validate
from zoo_core.testing.check import ContractError, NotApplicableError, expect
from zoo_core.testing.random_data import other_data, output_shapes, training_data
from zoo_core.testing.trainee import Subject

COUNT = 2
"""Number of examples for which each variant predicts."""


def fits_other_classes(subject: Subject) -> None:
    """Check that the outputs follow the number of classes in the config."""
    _check_variants(subject, "classes")


def fits_other_shapes(subject: Subject) -> None:
    """Check that the model can be built for other input shapes, if its config accepts them."""
    _check_variants(subject, "input_shape")


def _check_variants(subject: Subject, what: str) -> None:
    trainee = subject.trainee()
    spec, config = trainee.plan.model.spec, trainee.plan.config
    builder, built = model_builder(trainee.plan.model), 0
    for changes in other_data(config, spec.heads)[what]:
        if variant := _variant(config, changes):
            built += _predicts(trainee.trainer, builder, variant, changes)
    if not built:
        raise NotApplicableError(f"its config accepts no other {what}")


def _variant(config: ModelConfig, changes: dict[str, Any]) -> ModelConfig | None:
    """Return the config with changes; None if it refuses them."""
    try:
        return validate(type(config), config.model_dump(mode="json") | changes, what="config")
    except (InvalidValueError, ValidationError):
        return None


def _predicts(trainer: Trainer, builder: Any, config: ModelConfig, changes: dict[str, Any]) -> bool:
    """Return whether the model can be built, and check the shapes of its outputs."""
    data = training_data(config)
    try:
        model = trainer.build(builder, config, 0)
        outputs = trainer.predict(model, data.train.images[:COUNT], data.normalization)
    except ZooError:
        return False  # refused on purpose
    except Exception as exc:
        # A user of another data set would meet this exception.
        raise ContractError(
            f"the config accepts {_text(changes)}, with which the model fails: {one_line(exc)}",
            hint="Take shapes and classes from the config, or refuse them in a validator of it.",
        ) from exc
    actual, expected = [each.shape for each in outputs], output_shapes(config, COUNT)
    expect(
        actual == expected,
        f"outputs for {_text(changes)}: expected {expected}, got {actual}; take the number from "
        "the config",
    )
    return True


def _text(changes: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in changes.items())


VARIATION_CHECKS = (fits_other_classes, fits_other_shapes)
"""Checks of a model with its default recipe."""
