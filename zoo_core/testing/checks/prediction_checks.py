"""Checks of a model's outputs, without training it."""

from __future__ import annotations

import numpy as np

from zoo_core.errors import DataError, UnavailableError, join_names
from zoo_core.frameworks.trainer import make_trainer, model_builder
from zoo_core.plugins.catalog import Catalog
from zoo_core.recipes.default_config import default_config
from zoo_core.testing.check import (
    ContractError,
    NotApplicableError,
    expect,
    expect_equal,
    expect_finite,
)
from zoo_core.testing.checks.dataset_checks import offline
from zoo_core.testing.random_data import EXAMPLES, output_misfit
from zoo_core.testing.trainee import Subject
from zoo_core.training.parents.initial_weights import load_initial_weights

TOLERANCE = 1e-4
"""Maximum difference of an output from that in a smaller batch; a share of the largest above 1."""
# Because other batch sizes add up float32 numbers in another order.


def predicts(subject: Subject) -> None:
    """Check that a new model can be built and predicts."""
    subject.outputs()


def has_one_head_per_target(subject: Subject) -> None:
    """Check that the model returns one array of outputs per target."""
    actual, expected = len(subject.outputs()), len(subject.trainee().plan.tasks)
    expect(actual == expected, f"heads of the outputs: expected {expected}, got {actual}")


def returns_outputs_of_its_tasks(subject: Subject) -> None:
    """Check that the outputs of each head can express the targets of its task."""
    trainee = subject.trainee()
    heads = zip(trainee.plan.tasks, subject.outputs(), trainee.run.data.train.targets, strict=False)
    for head, (task, array, targets) in enumerate(heads, 1):
        misfit = output_misfit(task, array, EXAMPLES)
        expect(not misfit, f"outputs of head {head}: {misfit}")
        try:
            task.check_outputs(array.shape[1:], targets)
        except DataError as exc:
            raise ContractError(f"outputs of head {head}: {exc.problem}", hint=exc.hint) from exc


def returns_floats(subject: Subject) -> None:
    """Check that outputs are float32 or float64."""
    for head, array in enumerate(subject.outputs(), 1):
        expect(
            array.dtype in (np.float32, np.float64),
            f"outputs of head {head}: expected float32 or float64, got {array.dtype}",
        )


def returns_finite_outputs(subject: Subject) -> None:
    """Check that no output of a new model is infinite or NaN."""
    for head, array in enumerate(subject.outputs(), 1):
        expect_finite(array, f"outputs of head {head}")


def predicts_examples_independently(subject: Subject) -> None:
    """Check that the outputs of an example are independent of the others of its batch."""
    # A batch normalization that is left in training mode is the usual cause.
    trainee = subject.trainee()
    model = trainee.build(0)
    whole, fewer = trainee.predict(model), trainee.predict(model, 3)
    for head, (array, few) in enumerate(zip(whole, fewer, strict=True), 1):
        why = "when the batch has other examples"
        within = TOLERANCE * max(1.0, float(np.abs(array).max()))
        expect_equal(few, array[:3], f"an output of head {head}", why, within=within)


def has_the_stated_parameter_count(catalog: Catalog, name: str) -> None:
    """Check that the default config has the number of parameters of the spec."""
    entry = catalog.model(name)
    trainer = make_trainer(catalog.trainer(entry.spec.trainer), device="cpu", threads=1)
    config = default_config(catalog, entry)
    actual = trainer.count_parameters(trainer.build(model_builder(entry), config, 0))
    expected = entry.spec.parameters
    expect(
        actual == expected,
        f"trainable parameters: expected {expected:,}, as in its spec, got {actual:,}",
    )


def loads_its_pretrained_weights(subject: Subject) -> None:
    """Check that the pretrained weights of the spec fit the model, if they are on this machine."""
    trainee = subject.trainee()
    model, plan = trainee.build(0), trainee.plan
    try:
        with offline():
            load_initial_weights(trainee.trainer, model, plan.model, plan.config)
    except UnavailableError as exc:
        raise NotApplicableError("they are not on this machine; checks fetch nothing") from exc
    for tensor, value in trainee.trainer.get_weights(model).items():
        expect_finite(value, f"pretrained {tensor}")


def renames_tensors_to_its_own(subject: Subject) -> None:
    """Check that ``renamed`` leads from names that the model no longer has to those that it has."""
    trainee = subject.trainee()
    own = trainee.trainer.get_weights(trainee.build(0)).keys()
    renamed = trainee.plan.model.spec.renamed
    missing, present = {*renamed.values()} - own, renamed.keys() & own
    expect(
        not missing,
        f"renamed: expected names of its tensors, which are {join_names(own)}, "
        f"got {join_names(missing)}",
    )
    # Else the tensor of that name in present weights would be renamed, too.
    expect(not present, f"renamed: the model still has a tensor {join_names(present)}")


PREDICTION_CHECKS = (
    has_one_head_per_target,
    returns_outputs_of_its_tasks,
    returns_floats,
    returns_finite_outputs,
    predicts_examples_independently,
)
"""Checks of a model that predicts, with each of its recipes."""
