"""Checks of a model by training it, with any of its recipes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.batch import Batch
from zoo_core.testing.check import (
    ContractError,
    NotApplicableError,
    expect,
    expect_equal,
    expect_finite,
)
from zoo_core.testing.plain_recipe import descents
from zoo_core.testing.random_data import EXAMPLES, first_examples, shortfall
from zoo_core.testing.trainee import Subject, Trainee
from zoo_core.weights.file import check_tensors, load_weights, save_weights

OVERFIT_STEPS = 300
"""Maximum number of steps to overfit one batch."""

OTHER_STATE = (
    "Is there any state besides seed and step? Random numbers must follow from the seed of "
    "`build`, and those of a step from the recipe's seed and batch.step."
)
"""Hint about the usual cause of equal trainings that differ."""

MOVING_STEPS = 10
"""Maximum number of steps until every parameter has moved."""


def trains(subject: Subject) -> None:
    """Check that a short training of two steps ends without an error."""
    subject.fit(seed=1)


def predicts_without_learning(subject: Subject) -> None:
    """Check that prediction is deterministic and has no effect on a training."""
    # So dropout and the like have to be off in a prediction, and on again in the next step.
    ends = []
    for often in (0, 2):
        trainee = subject.trainee()
        learner = trainee.start(trainee.build(0))
        for step in range(3):
            made = [trainee.predict(learner.model) for _ in range(often)]
            for head, pair in enumerate(zip(*made, strict=True), 1):
                expect_equal(
                    pair[1], pair[0], f"an output of head {head}", "when it predicts again"
                )
            learner.step(Batch(step=step, rows=np.arange(EXAMPLES), lr=0.001))
        ends.append(learner.get_state())
    for key, value in ends[1].items():
        expect_equal(value, ends[0][key], key, "when it predicts between two steps")


def has_gradients(subject: Subject) -> None:
    """Check that training changes every weight that is not frozen, and keeps all finite."""
    # Several steps, because residual branches may begin with a factor of 0: until that has moved,
    # nothing behind it does.
    trainee, _ = next(_descents(subject))
    # Large steps, because a small change of a large weight is lost in rounding.
    lr = 1.0 if trainee.plan.recipe.optimizer == "sgd" else 0.01
    model = trainee.build(0)
    before = trainee.trainer.get_weights(model)
    trained = trainee.trained_weights(model)
    unknown = ", ".join(sorted(trained - before.keys()))
    expect(not unknown, f"trainable_weights: expected names of get_weights, got {unknown}")
    learner = trainee.start(model)
    for step in range(MOVING_STEPS):
        learner.step(Batch(step=step, rows=np.arange(EXAMPLES), lr=lr))
        weights = trainee.trainer.get_weights(model)
        for tensor, after in weights.items():
            expect_finite(after, f"{tensor} after a step of descent")
        still = sorted(t for t in trained if np.array_equal(weights[t], before[t]))
        if not still:
            return
    raise ContractError(
        f"{MOVING_STEPS} steps of descent do not move {still[0]}",
        hint="If it is frozen on purpose, leave it out of the trainer's trainable_weights "
        "(PyTorch: requires_grad_(False)), or register it as a buffer.",
    )


def overfits_a_batch(subject: Subject) -> None:
    """Check that the model learns a single batch of random examples."""
    missing = []
    for trainee, lr in _descents(subject):
        model, split = trainee.build(0), first_examples(trainee.run.data)
        before = trainee.predict(model)
        learner = trainee.start(model)
        for step in range(OVERFIT_STEPS):
            learner.step(Batch(step=step, rows=np.arange(EXAMPLES), lr=lr))
            if step % 20 == 19:  # most models need far fewer steps
                outputs = trainee.predict(model)
                if not (problem := shortfall(trainee.run.tasks, outputs, before, split)):
                    return
        missing.append(problem)
    raise ContractError(f"after {OVERFIT_STEPS} steps on one batch: {missing[0]}")


def _descents(subject: Subject) -> Iterator[tuple[Trainee, float]]:
    """Yield trainees with plain descents that their trainer implements, and the learning rates."""
    # Without weight decay and averages, which move weights that have no gradient, and without
    # augmentation, with which no batch is seen twice.
    for values, lr in descents(subject.trainee().plan.trainer.spec):
        yield subject.trainee(**values), lr


def is_deterministic(subject: Subject) -> None:
    """Check that two trainings with one seed end with the same weights."""
    expect_same_weights(subject, seed=1)


def depends_on_its_seed(subject: Subject) -> None:
    """Check that trainings with two seeds end with different weights."""
    first, other = (subject.fit(seed=seed).weights for seed in (1, 2))
    if not any((value != other[tensor]).any() for tensor, value in first.items()):
        expect_no_random_weights(subject.trainee(), "two seeds give the same weights")
        raise NotApplicableError("its initial weights are constants, so no seed has an effect")


def expect_same_weights(subject: Subject, **overrides: Any) -> None:
    """Raise a `ContractError` if two equal trainings end with different weights."""
    first, again = subject.fit(**overrides).weights, subject.trainee(**overrides).fit().weights
    why = "between two trainings with one seed"
    for tensor, value in again.items():
        expect_equal(value, first[tensor], tensor, why, hint=OTHER_STATE)


def expect_no_random_weights(trainee: Trainee, problem: str) -> None:
    """Raise a `ContractError` if the initial weights of a model are not constants."""
    # All of one value in every tensor, as in a linear model that starts from 0. Random numbers
    # that are the same for every seed are an author's mistake.
    weights = trainee.trainer.get_weights(trainee.build(1))
    random = [tensor for tensor, value in weights.items() if value.size and np.ptp(value)]
    expect(not random, problem)


def survives_saving_and_loading(subject: Subject) -> None:
    """Check that saved and loaded weights predict the same, bit by bit."""
    trainee = subject.trainee()
    # Of a trained model, because buffers such as running means are still 0 in a new one.
    weights = subject.fit(seed=1).weights
    model, other = trainee.build(1), trainee.build(2)
    trainee.trainer.set_weights(model, weights)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS
        sha256 = save_weights(path, weights, {})
        file = load_weights(path, sha256=sha256)
        check_tensors(file, trainee.trainer.get_weights(other))
        trainee.trainer.set_weights(other, file.tensors)
    pairs = zip(trainee.predict(model), trainee.predict(other), strict=True)
    for head, (expected, actual) in enumerate(pairs, 1):
        expect_equal(actual, expected, f"an output of head {head}", "after save and load")


LEARNING_CHECKS = (has_gradients, overfits_a_batch, survives_saving_and_loading)
"""Checks of a model that trains, with each of its recipes."""

DETERMINISTIC_CHECKS = (predicts_without_learning, depends_on_its_seed)
"""Checks that compare trainings, and so need some that are deterministic."""
