"""Checks that a model can be built for other data sets than its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from zoo_core.data.splits import TrainingData
from zoo_core.errors import InvalidValueError, ZooError, one_line
from zoo_core.frameworks.trainer import Trainer, model_builder
from zoo_core.metrics.task import Task
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.faults.frames import line_of
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.model_config import ALIASES, ModelConfig
from zoo_core.recipes.resolve import config_values
from zoo_core.recipes.validation import validate
from zoo_core.testing.check import ContractError, NotApplicableError, expect
from zoo_core.testing.random_data import other_data, output_misfit, training_data
from zoo_core.testing.trainee import Subject

COUNT = 11
"""Number of examples for which each variant predicts; unlike most numbers of outputs."""


def fits_other_outputs(subject: Subject) -> None:
    """Check that the outputs follow the number of outputs in the config."""
    _check_variants(subject, "outputs")


def fits_other_shapes(subject: Subject) -> None:
    """Check that the model can be built for other input shapes, if its config accepts them."""
    _check_variants(subject, "input_shape")


def _check_variants(subject: Subject, what: str) -> None:
    trainee = subject.trainee()
    plan, own = trainee.plan, trainee.plan.dataset.spec.input
    builder, built = model_builder(plan.model), 0
    place = _place(plan.model)
    others = other_data(own, plan.tasks, plan.model.spec.heads)[what]
    if not others:
        raise NotApplicableError("the shape of its inputs decides about its outputs")
    before = config_values(own, plan.tasks)
    for spec, tasks in others:
        # Of a number per pixel, the shape of the input changes the outputs, too.
        values = config_values(spec, tasks)
        changes = {key: value for key, value in values.items() if value != before.get(key)}
        if variant := _variant(plan.config, changes):
            data = training_data(spec, tasks)
            built += _predicts(
                trainee.trainer,
                builder,
                variant,
                data=data,
                tasks=tasks,
                changes=changes,
                place=place,
            )
    if not built:
        raise NotApplicableError(f"its config accepts no other {what}")


def _variant(config: ModelConfig, changes: dict[str, Any]) -> ModelConfig | None:
    """Return the config with changes; None if it refuses them."""
    values = {ALIASES.get(key, key): each for key, each in config.model_dump(mode="json").items()}
    try:
        return validate(type(config), values | changes, what="config")
    except (InvalidValueError, ValidationError):
        return None


def _predicts(
    trainer: Trainer,
    builder: Any,
    config: ModelConfig,
    *,
    data: TrainingData,
    tasks: Sequence[Task],
    changes: dict[str, Any],
    place: str,
) -> bool:
    """Return whether the model can be built, and check the shapes of its outputs."""
    try:
        model = trainer.build(builder, config, 0)
        outputs = trainer.predict(model, data.train.inputs[:COUNT], data.normalization)
    except ZooError:
        return False  # refused on purpose
    except Exception as exc:
        # A user of another data set would meet this exception.
        raise ContractError(
            f"the config accepts {_text(changes)}, with which the model fails: {one_line(exc)}",
            hint="Take input_shape and outputs from the config, or refuse them in a validator.",
        ) from exc
    expect(
        len(outputs) == len(tasks),
        f"heads of {place} for {_text(changes)}: expected {len(tasks)}, got {len(outputs)}",
    )
    for task, output in zip(tasks, outputs, strict=True):
        misfit = output_misfit(task, output, COUNT)
        expect(
            not misfit,
            f"outputs of {place} for {_text(changes)}: {misfit}; take the number from the config",
        )
    return True


def _place(model: Entry[ModelSpec]) -> str:
    """Return file and line of a model's builder; its import string for a C function."""
    found = model.resolve(model.spec.builder)
    return line_of(found) or line_of(getattr(found, "__init__", None)) or model.spec.builder


def _text(changes: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in changes.items())


VARIATION_CHECKS = (fits_other_outputs, fits_other_shapes)
"""Checks of a model with its default recipe."""
