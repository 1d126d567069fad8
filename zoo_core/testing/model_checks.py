"""Checks of a model with any of its recipes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.trainer import Batch, make_trainer, model_builder
from zoo_core.metrics.scores import measure, score
from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.check import ContractError, expect, expect_equal, expect_finite
from zoo_core.testing.trainee import IMAGES, Trainee
from zoo_core.weights.file import check_tensors, load_weights, save_weights

OVERFIT_STEPS = 300
"""Maximum number of steps to overfit one batch."""

MOVING_STEPS = 3
"""Maximum number of steps until every parameter has moved."""

TOLERANCE = 1e-4
"""Maximum difference of a logit from that in a smaller batch; a share of the largest above 1."""
# Because other batch sizes add up float32 numbers in another order.


def has_one_head_per_label(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that the model has one output per label of an image."""
    logits, classes = _logits(catalog, name, recipe)
    expect(
        len(logits) == len(classes),
        f"outputs per image: expected {len(classes)}, got {len(logits)}",
    )


def returns_one_logit_per_class(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that the logits of each head are ``(N, classes)``."""
    logits, classes = _logits(catalog, name, recipe)
    for head, (array, many) in enumerate(zip(logits, classes, strict=False)):
        expected = (IMAGES, many)
        expect(
            array.shape == expected,
            f"logits of head {head}: expected {expected}, got {array.shape}",
        )


def returns_float32(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that logits are float32."""
    for head, array in enumerate(_logits(catalog, name, recipe)[0]):
        expect(
            array.dtype == np.float32, f"logits of head {head}: expected float32, got {array.dtype}"
        )


def returns_finite_logits(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that no logit of a new model is infinite or NaN."""
    for head, array in enumerate(_logits(catalog, name, recipe)[0]):
        expect_finite(array, f"logits of head {head}")


def predicts_images_independently(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that the logits of an image are independent of the other images of its batch."""
    # A batch normalization that is left in training mode is the usual cause.
    trainee = Trainee.make(catalog, name, recipe)
    model = trainee.build(0)
    together, fewer = trainee.predict(model), trainee.predict(model, 3)
    for head, (array, few) in enumerate(zip(together, fewer, strict=True)):
        why = "when the batch has other images"
        within = TOLERANCE * max(1.0, float(np.abs(array).max()))
        expect_equal(few, array[:3], f"a logit of head {head}", why, within=within)


def predicts_without_learning(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that prediction is deterministic and has no effect on a training."""
    # So dropout and the like have to be off in a prediction, and on again in the next step.
    ends = []
    for often in (0, 2):
        trainee = Trainee.make(catalog, name, recipe)
        learner = trainee.start(trainee.build(0))
        for step in range(3):
            logits = [trainee.predict(learner.model) for _ in range(often)]
            for head, pair in enumerate(zip(*logits, strict=True)):
                expect_equal(pair[1], pair[0], f"a logit of head {head}", "when it predicts again")
            learner.step(Batch(step=step, rows=np.arange(IMAGES), lr=0.001))
        ends.append(learner.get_state())
    for key, value in ends[1].items():
        expect_equal(value, ends[0][key], key, "when it predicts between two steps")


def has_gradients(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that training changes every weight, and keeps all of them finite."""
    # Several steps, because residual branches may begin with a factor of 0: until that has moved,
    # nothing behind it does. AdamW, because its steps do not shrink with the gradient, and so are
    # not lost in rounding.
    trainee, lr = _plain_descent(catalog, name, recipe, adamw=0.01, sgd=1.0)
    model = trainee.build(0)
    before = trainee.trainer.get_weights(model)
    learner = trainee.start(model)
    for step in range(MOVING_STEPS):
        learner.step(Batch(step=step, rows=np.arange(IMAGES), lr=lr))
        weights = trainee.trainer.get_weights(model)
        for tensor, after in weights.items():
            expect_finite(after, f"{tensor} after a step of descent")
        still = [t for t, after in weights.items() if np.array_equal(after, before[t])]
        if not still:
            return
    raise ContractError(f"{MOVING_STEPS} steps of descent do not move {still[0]}")


def overfits_a_batch(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that the model learns a single batch of random images by heart."""
    # With large steps, and otherwise with small ones, which networks without normalization need.
    right = []
    for factor in (1, 0.1):
        trainee, lr = _plain_descent(catalog, name, recipe, adamw=0.003 * factor, sgd=0.1 * factor)
        model = trainee.build(0)
        learner = trainee.start(model)
        run, targets = trainee.run, tuple(each[:IMAGES] for each in trainee.run.data.train.targets)
        for step in range(OVERFIT_STEPS):
            learner.step(Batch(step=step, rows=np.arange(IMAGES), lr=lr))
            if step % 20 == 19:  # most models need far fewer steps
                measured = measure(run.tasks, trainee.predict(model), targets)
                right.append(score(run.tasks, measured).all_correct or 0)
                if right[-1] == IMAGES:
                    return
    raise ContractError(
        f"correct images after {OVERFIT_STEPS} steps on {IMAGES} images: expected {IMAGES}, "
        f"got {max(right)}"
    )


def _plain_descent(
    catalog: Catalog, name: str, recipe: str, *, adamw: float, sgd: float
) -> tuple[Trainee, float]:
    """Return a trainee with as plain a descent as its trainer implements, and its learning rate."""
    # Without weight decay and averages, which move weights that have no gradient.
    trainer = Trainee.make(catalog, name, recipe).plan.trainer.spec
    has_optimizers = "optimizer" in trainer.recipe_fields
    plain: dict[str, Any] = {
        "optimizer": "adamw" if has_optimizers else "sgd",
        "momentum": 0.0,
        "nesterov": False,
        "weight_decay": 0.0,
        "ema": 0.0,
    }
    return Trainee.make(catalog, name, recipe, **plain), adamw if has_optimizers else sgd


def is_deterministic(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that two trainings with one seed end with the same weights."""
    first, again = (Trainee.make(catalog, name, recipe, seed=1).fit().weights for _ in range(2))
    for tensor, value in again.items():
        expect_equal(value, first[tensor], tensor, "between two trainings with one seed")


def depends_on_its_seed(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that trainings with two seeds end with different weights."""
    first, other = (Trainee.make(catalog, name, recipe, seed=s).fit().weights for s in (1, 2))
    expect(
        any((value != other[tensor]).any() for tensor, value in first.items()),
        "two seeds give the same weights",
    )


def survives_saving_and_loading(catalog: Catalog, name: str, recipe: str) -> None:
    """Check that saved and loaded weights predict the same, bit by bit."""
    trainee = Trainee.make(catalog, name, recipe)
    # Of a trained model, because buffers such as running means are still 0 in a new one.
    weights = trainee.fit().weights
    model, other = trainee.build(1), trainee.build(2)
    trainee.trainer.set_weights(model, weights)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS
        sha256 = save_weights(path, weights, {})
        file = load_weights(path, sha256=sha256)
        check_tensors(file, trainee.trainer.get_weights(other))
        trainee.trainer.set_weights(other, file.tensors)
    pairs = zip(trainee.predict(model), trainee.predict(other), strict=True)
    for head, (expected, actual) in enumerate(pairs):
        expect_equal(actual, expected, f"a logit of head {head}", "after save and load")


def has_the_stated_parameter_count(catalog: Catalog, name: str) -> None:
    """Check that the default config has the number of parameters of the spec."""
    entry = catalog.model(name)
    trainer = make_trainer(catalog.trainer(entry.spec.trainer), device="cpu", threads=1)
    config = entry.resolve(entry.spec.config)()
    actual = trainer.count_parameters(trainer.build(model_builder(entry), config, 0))
    expected = entry.spec.parameters
    expect(
        actual == expected,
        f"trainable parameters: expected {expected:,}, as in its spec, got {actual:,}",
    )


def _logits(
    catalog: Catalog, name: str, recipe: str
) -> tuple[list[np.ndarray[Any, Any]], tuple[int, ...]]:
    """Return the logits of a new model, and the number of classes of each head."""
    trainee = Trainee.make(catalog, name, recipe)
    return trainee.predict(trainee.build(0)), trainee.plan.config.outputs


MODEL_CHECKS = (
    has_one_head_per_label,
    returns_one_logit_per_class,
    returns_float32,
    returns_finite_logits,
    predicts_images_independently,
    predicts_without_learning,
    has_gradients,
    overfits_a_batch,
    is_deterministic,
    depends_on_its_seed,
    survives_saving_and_loading,
)
"""Checks of a model with each of its recipes."""
