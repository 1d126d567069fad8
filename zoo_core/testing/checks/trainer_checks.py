"""Checks of a trainer, by training a model with it."""

from __future__ import annotations

import json
import tempfile
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.errors import InvalidValueError, PluginError, join_names
from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.batch import Batch
from zoo_core.frameworks.trainer import group_of, make_trainer
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import with_names
from zoo_core.plugins.specs import TrainerSpec
from zoo_core.recipes.fields.loss import LOSS_FIELDS
from zoo_core.recipes.recipe import CHOICES, Recipe
from zoo_core.recipes.trainer_fields import trainer_fields
from zoo_core.recipes.validation import validate
from zoo_core.testing.check import ContractError, NotApplicableError, expect, expect_equal
from zoo_core.testing.checks.learning_checks import expect_no_random_weights, expect_same_weights
from zoo_core.testing.checks.resume_checks import ONE_STOP, SEVERAL_STEPS, STOPS, resumes_to_the_bit
from zoo_core.testing.plain_recipe import implemented, plain_values
from zoo_core.testing.random_data import EXAMPLES
from zoo_core.testing.trainee import Subject, Trainee
from zoo_core.testing.trainer_subject import trainer_subject
from zoo_core.weights.file import Tensors

_MOMENTUM = {"momentum": 0.9}
_TEACHER = {"teacher": "TEACHER"}  # which the check replaces by the path of a model that it trains

FIELD_TRIALS: dict[str, tuple[dict[str, Any], ...]] = {
    "lr": ({}, {"lr": 0.02}),
    "seed": ({}, {"seed": 1}),
    "momentum": ({}, _MOMENTUM),
    # Without momentum, Nesterov's variant has no effect.
    "nesterov": (_MOMENTUM, {**_MOMENTUM, "nesterov": True}),
    "weight_decay": ({}, {"weight_decay": 0.1}),
    "label_smoothing": ({}, {"label_smoothing": 0.1}),
    # Of the first class, whatever its name.
    "class_weights": ({}, {"class_weights": {"0": 3.0}}),
    "focal_gamma": ({"loss": "focal"}, {"loss": "focal", "focal_gamma": 4.0}),
    "decay_biases": ({"weight_decay": 0.1}, {"weight_decay": 0.1, "decay_biases": False}),
    # Of steps of as many examples, which a trainer that ignores the field would make equal.
    "accumulate": ({"batch_size": 12}, {"batch_size": 6, "accumulate": 2}),
    "clip_norm": ({}, {"clip_norm": 0.01}),
    "sam": ({}, {"sam": 0.1}),
    "layer_decay": ({}, {"layer_decay": 0.5}),
    "freeze": ({}, {"freeze": 1}),
    "thaw": ({"freeze": 1}, {"freeze": 1, "thaw": 2}),
    "ema": ({}, {"ema": 0.9}),
    "rotate": ({}, {"rotate": 20.0}),
    "shear": ({}, {"shear": 20.0}),
    "scale": ({}, {"scale": 0.2}),
    "translate": ({}, {"translate": 2.0}),
    "elastic": ({}, {"elastic": 2.0}),
    "flip": ({}, {"flip": 0.5}),
    "crop": ({}, {"crop": 0.3}),
    "brightness": ({}, {"brightness": 0.4}),
    "contrast": ({}, {"contrast": 0.4}),
    "saturation": ({}, {"saturation": 0.4}),
    "hue": ({}, {"hue": 0.2}),
    "randaugment": ({}, {"randaugment": 5.0}, {"randaugment": 9.0}),
    "randaugment_ops": ({"randaugment": 5.0}, {"randaugment": 5.0, "randaugment_ops": 1}),
    "trivialaugment": ({}, {"trivialaugment": True}),
    "erase": ({}, {"erase": 0.5}),
    "mixup": ({}, {"mixup": 0.4}, {"mixup": 4.0}),
    "cutmix": ({}, {"cutmix": 0.4}, {"cutmix": 0.4, "mixup": 0.4}),
    "transforms": ({}, {"transforms": ["RandomVerticalFlip"]}),
    "teacher": ({}, _TEACHER),
    "teacher_share": (_TEACHER, {**_TEACHER, "teacher_share": 0.9}),
    "teacher_temperature": (_TEACHER, {**_TEACHER, "teacher_temperature": 4.0}),
}
"""Recipe field -> values of trainings that differ in this field alone."""
# For the fields in `CHOICES`, the trainer's spec decides about the values.

STATE_FIELDS = ("momentum", "optimizer", "ema", "accumulate", "layer_decay", "thaw")
"""Recipe fields for which a learner has a state, or a step, of another kind."""


def has_a_model_to_train(catalog: Catalog, trainer: str, model: str) -> None:
    """Check that there is a model to check the trainer with, and that it can be built."""
    trainee = trainer_subject(catalog, trainer, model).trainee()
    trainee.build(0)


def trains(catalog: Catalog, trainer: str, model: str) -> None:
    """Check that a short training of a few steps ends without an error."""
    trainer_subject(catalog, trainer, model).fit(**SEVERAL_STEPS)


def is_deterministic(catalog: Catalog, trainer: str, model: str) -> None:
    """Check that two equal trainings of a few steps end with the same weights."""
    expect_same_weights(trainer_subject(catalog, trainer, model), **SEVERAL_STEPS)


def check_field_is_implemented(catalog: Catalog, trainer: str, model: str, field: str) -> None:
    """Check that trainings that differ in this recipe field end with different weights."""
    trials = field_trials(catalog.trainer(trainer).spec, field)
    if not trials:
        raise ContractError(f"recipe_fields of its spec: there is no recipe field {field!r}")
    subject = trainer_subject(catalog, trainer, model)
    if field in LOSS_FIELDS:
        _check_losses_have(subject, field, trials[0].get("loss", ""))
    if field == "class_weights":
        (name, *_) = with_names(subject.trainee().plan.tasks[0].target).classes
        trials = [{}, {"class_weights": {name: 3.0}}]
    if field == "precision" and _lacks_bfloat16(subject.trainee()):
        trials = [values for values in trials if values != {"precision": "bfloat16"}]
    try:
        trained = _train_each(subject, trials)
    except InvalidValueError as exc:
        # They do not fit its data, its tasks or its losses: the trainer is not at fault.
        raise NotApplicableError(exc.problem) from exc
    except PluginError as exc:
        if field != "transforms":
            raise
        raise NotApplicableError(str(exc)) from exc  # they may need an optional library
    if len(trained) < 2:
        raise NotApplicableError(f"there is no other {field} here to compare with")
    for first, second in combinations(trained, 2):
        if any((value != second[tensor]).any() for tensor, value in first.items()):
            continue
        owner = "the spec of a loss" if field in LOSS_FIELDS else "its spec"
        problem = f"{owner} lists the recipe field {field}, which has no effect"
        expect(field == "seed", problem)
        expect_no_random_weights(subject.trainee(), problem)
        raise NotApplicableError("the model's initial weights are constants")


def _train_each(subject: Subject, trials: list[dict[str, Any]]) -> list[Tensors]:
    """Return the weights of trainings with some values each."""
    # Of the same length as those of `resumes_its_training`, with which it shares some.
    if not any("teacher" in values for values in trials):
        return [subject.fit(**SEVERAL_STEPS | values).weights for values in trials]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS
        subject.save(path, **SEVERAL_STEPS)
        taught = [
            {**values, **({"teacher": str(path)} if "teacher" in values else {})}
            for values in trials
        ]
        return [subject.fit(**SEVERAL_STEPS | values).weights for values in taught]


def _check_losses_have(subject: Subject, field: str, loss: str) -> None:
    """Raise a `NotApplicableError` if a field is for losses, and not for those of a subject."""
    try:
        losses = [each.spec for each in subject.trainee(loss=loss).plan.losses]
    except InvalidValueError as exc:
        raise NotApplicableError(exc.problem) from exc  # no plugin offers that loss for its task
    if not any(field in each.recipe_fields for each in losses):
        names = join_names(dict.fromkeys(each.name for each in losses))
        raise NotApplicableError(f"the loss of its model, {names}, does not implement it")


def field_trials(trainer: TrainerSpec, field: str) -> list[dict[str, Any]]:
    """Return values of trainings that differ in a recipe field alone; none for an unknown one."""
    if field in CHOICES:
        # Adam and AdamW differ in the decay alone.
        decays = field == "optimizer" and "weight_decay" in trainer.recipe_fields
        decay = {"weight_decay": 0.1} if decays else {}
        return [{field: name, **decay} for name in implemented(trainer, field)]
    return [*FIELD_TRIALS.get(field, ())]


def adds_recipe_fields_with_defaults(catalog: Catalog, trainer: str, _model: str) -> None:
    """Check that the recipe fields that the trainer adds have new names, and defaults in JSON."""
    model = trainer_fields(catalog.trainer(trainer))
    assert model is not None  # or there is no such check
    same = model.model_fields.keys() & Recipe.model_fields.keys()
    expect(not same, f"fields of its spec: every recipe has {join_names(same)}; choose other names")
    missing = [key for key, field in model.model_fields.items() if field.is_required()]
    expect(not missing, f"fields of its spec without a default: {join_names(missing)}")
    # A recipe is stored as JSON, and read again by a training that is resumed.
    defaults = model().model_dump(mode="json", warnings=False)
    validate(model, defaults, what="defaults of the trainer's fields")


def states_its_environment(catalog: Catalog, trainer: str, _model: str) -> None:
    """Check that ``environment`` is complete, plain and constant."""
    made = make_trainer(catalog.trainer(trainer), device="cpu", threads=None)
    facts = made.environment()
    for key in ("framework", "device"):
        expect(facts.get(key), f"its environment has no {key!r}: {facts}")
    plain = all(isinstance(value, str | int) for value in facts.values())
    expect(plain, f"its environment: expected strings and integers alone, got {facts}")
    # A fact that varies, such as a time, would make every reproduction differ from its card.
    again = made.environment()
    expect(
        json.dumps(facts) == json.dumps(again),
        f"its environment on the second call: expected {facts}, got {again}",
    )


def refuses_an_unknown_device(catalog: Catalog, trainer: str, _model: str) -> None:
    """Check that an unknown device is an `InvalidValueError` that names it."""
    try:
        make_trainer(catalog.trainer(trainer), device="no-such-device", threads=None)
    except InvalidValueError as exc:
        expect("no-such-device" in str(exc), f"the error does not name the device: {exc}")
    else:
        raise ContractError("it accepts the device 'no-such-device'; raise InvalidValueError")


def gets_and_sets_weights(catalog: Catalog, trainer: str, model: str) -> None:
    """Check that ``get_weights`` returns copies, and what ``set_weights`` has set."""
    subject = trainer_subject(catalog, trainer, model)
    trainee = subject.trainee()
    made, other = trainee.build(0), trainee.build(1)
    weights = {name: array.copy() for name, array in trainee.trainer.get_weights(made).items()}
    for array in trainee.trainer.get_weights(made).values():
        array[...] = array + 1  # of a copy, or the model has changed
    # Of a trained model, because the first weights of all models may be equal, such as zeros.
    trained = subject.fit(**SEVERAL_STEPS).weights
    trainee.trainer.set_weights(other, trained)
    for each, expected, why in (
        (made, weights, "after a copy of it was changed"),
        (other, trained, "after set_weights"),
    ):
        for tensor, value in trainee.trainer.get_weights(each).items():
            expect_equal(value, expected[tensor], tensor, why)


def returns_a_copy_of_its_state(catalog: Catalog, trainer: str, model: str) -> None:
    """Check that a learner's state is a copy, which later steps do not change."""
    # By the contract, so that a caller may keep one while the training continues.
    trainee = trainer_subject(catalog, trainer, model).trainee()
    learner = trainee.start(trainee.build(0))
    state = learner.get_state()
    kept = {key: value.copy() for key, value in state.items()}
    learner.step(Batch(step=0, rows=np.arange(EXAMPLES // 2), lr=0.1))
    for key, value in state.items():
        expect_equal(value, kept[key], key, "in a state after one more step")


def counts_parameters(catalog: Catalog, trainer: str, model: str) -> None:
    """Check that the number of parameters is positive, and at most the size of the weights."""
    # Weights also hold buffers, which are not trained: hence "at most".
    trainee = trainer_subject(catalog, trainer, model).trainee()
    made = trainee.build(0)
    count = trainee.trainer.count_parameters(made)
    size = sum(array.size for array in trainee.trainer.get_weights(made).values())
    expect(
        0 < count <= size,
        f"number of parameters: expected 1 to {size}, the size of the weights, got {count}",
    )


def resumes_its_training(catalog: Catalog, trainer: str, model: str) -> None:
    """Check that a training that is stopped and resumed ends like one that was never stopped."""
    for values in _kinds_of_state(catalog.trainer(trainer).spec):
        stops = ONE_STOP if values else STOPS
        resumes_to_the_bit(trainer_subject(catalog, trainer, model), stops, **values)


def _kinds_of_state(trainer: TrainerSpec) -> list[dict[str, Any]]:
    """Return the plain recipe, and values with which a learner has a state of another kind."""
    fields = [field for field in STATE_FIELDS if field in trainer.recipe_fields]
    # A schedule of the trainer's own is computed by the learner, from a state or from the step.
    own = {*trainer.values.get("schedule", ())}.difference(CHOICES["schedule"])
    schedules = [{"schedule": name} for name in sorted(own)]
    trials = [values for field in fields for values in field_trials(trainer, field)]
    plain = plain_values(trainer)
    others = [each for each in trials + schedules if each.items() - plain.items()]
    return [{}, *others]


def provides_a_group(catalog: Catalog, trainer: str, _model: str) -> None:
    """Check that a distributed trainer in a single process is rank 0 of 1."""
    entry = catalog.trainer(trainer)
    group = group_of(entry, make_trainer(entry, device="cpu", threads=None))
    expect(
        (group.rank, group.size) == (0, 1),
        f"its group without a launcher: expected rank 0 of 1, got rank {group.rank} of "
        f"{group.size}",
    )


def _lacks_bfloat16(trainee: Trainee) -> bool:
    return trainee.trainer.environment().get("bfloat16") == "absent"


TRAINER_CHECKS = (states_its_environment, refuses_an_unknown_device)
"""Checks of a trainer alone."""

WEIGHT_CHECKS = (counts_parameters,)
"""Checks of a trainer with a model that it builds."""

LEARNER_CHECKS = (gets_and_sets_weights, returns_a_copy_of_its_state, resumes_its_training)
"""Checks of a trainer with a model that it trains."""
