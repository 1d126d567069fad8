"""Checks of a model with any of its recipes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.trainer import Batch, make_trainer, model_builder
from zoo_core.metrics.scores import score
from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.check import ContractError, expect, expect_equal, expect_finite
from zoo_core.testing.trainee import IMAGES, Trainee
from zoo_core.weights.file import check_tensors, load_weights, save_weights

OVERFIT_STEPS = 300

MOVING_STEPS = 3

TOLERANCE = 1e-4
"""How far a logit may move with the images beside it, and by what share of the largest one, if that
is above 1: sums of float32 in another order."""


def has_a_head_a_label(catalog: Catalog, name: str, recipe: str) -> None:
    """There is one output for each label of an image."""
    logits, classes = _logits(catalog, name, recipe)
    expect(len(logits) == len(classes), f"it gives {len(logits)} outputs for {len(classes)} heads")


def gives_a_logit_a_class(catalog: Catalog, name: str, recipe: str) -> None:
    """Every head gives ``(N, classes)``."""
    logits, classes = _logits(catalog, name, recipe)
    for head, (array, many) in enumerate(zip(logits, classes, strict=False)):
        expected = (IMAGES, many)
        expect(
            array.shape == expected, f"the logits of head {head} are {array.shape}, not {expected}"
        )


def gives_float32(catalog: Catalog, name: str, recipe: str) -> None:
    """Logits are float32."""
    for head, array in enumerate(_logits(catalog, name, recipe)[0]):
        expect(array.dtype == np.float32, f"the logits of head {head} are {array.dtype}")


def gives_finite_logits(catalog: Catalog, name: str, recipe: str) -> None:
    """No logit of a new model is infinite or NaN."""
    for head, array in enumerate(_logits(catalog, name, recipe)[0]):
        expect_finite(array, f"what head {head} gives")


def reads_each_image_by_itself(catalog: Catalog, name: str, recipe: str) -> None:
    """What it gives for an image does not depend on the images beside it."""
    subject = Trainee.make(catalog, name, recipe)
    model = subject.build(0)
    together, fewer = subject.predict(model), subject.predict(model, 3)
    for head, (array, few) in enumerate(zip(together, fewer, strict=True)):
        why = "when the image has other images beside it"
        within = TOLERANCE * max(1.0, float(np.abs(array).max()))
        expect_equal(few, array[:3], f"a logit of head {head}", why, within=within)


def predicts_without_learning(catalog: Catalog, name: str, recipe: str) -> None:
    """Predicting twice gives the same, and a training in which it predicts is the same training.

    So dropout and the like are off while it predicts, and on again when it goes on learning.
    """
    ends = []
    for often in (0, 2):
        subject = Trainee.make(catalog, name, recipe)
        learner = subject.trainer.start(subject.build(0), subject.run)
        learner.set_data(subject.run.data.train)
        for step in range(3):
            given = [subject.predict(learner.model) for _ in range(often)]
            for head, pair in enumerate(zip(*given, strict=True)):
                expect_equal(pair[1], pair[0], f"a logit of head {head}", "when it predicts again")
            learner.step(Batch(step=step, rows=np.arange(IMAGES), lr=0.001))
        ends.append(learner.get_state())
    for key, value in ends[1].items():
        expect_equal(value, ends[0][key], key, "when it predicts between two steps")


def has_gradients(catalog: Catalog, name: str, recipe: str) -> None:
    """Every parameter has a finite gradient that is not all 0: a few steps of descent move it.

    One step would do, but that residual branches may begin with a factor of 0: until that is moved,
    nothing behind it is. Adam's steps are as large for small gradients: none is rounded off.
    """
    subject, lr = _descending(catalog, name, recipe, adamw=0.01, sgd=1.0)
    model = subject.build(0)
    before = subject.trainer.get_weights(model)
    learner = subject.trainer.start(model, subject.run)
    learner.set_data(subject.run.data.train)
    for step in range(MOVING_STEPS):
        learner.step(Batch(step=step, rows=np.arange(IMAGES), lr=lr))
        weights = subject.trainer.get_weights(model)
        for tensor, after in weights.items():
            expect_finite(after, f"after a step with its gradient, {tensor}")
        still = [t for t, after in weights.items() if np.array_equal(after, before[t])]
        if not still:
            return
    raise ContractError(f"in {MOVING_STEPS} steps descent does not move {still[0]}")


def learns_a_batch(catalog: Catalog, name: str, recipe: str) -> None:
    """It learns a single batch of random images by heart, by large steps or by small ones.

    Networks that normalize nothing may need small ones.
    """
    right = []
    for factor in (1, 0.1):
        subject, lr = _descending(catalog, name, recipe, adamw=0.003 * factor, sgd=0.1 * factor)
        model = subject.build(0)
        learner = subject.trainer.start(model, subject.run)
        learner.set_data(subject.run.data.train)
        labels = subject.run.data.train.labels[:IMAGES]
        for step in range(OVERFIT_STEPS):
            learner.step(Batch(step=step, rows=np.arange(IMAGES), lr=lr))
            if step % 20 == 19:
                right.append(score(subject.predict(model), labels).all_correct)
                if right[-1] == IMAGES:
                    return
    raise ContractError(
        f"after {OVERFIT_STEPS} steps on {IMAGES} images it reads {max(right)} of them"
    )


def _descending(
    catalog: Catalog, name: str, recipe: str, *, adamw: float, sgd: float
) -> tuple[Trainee, float]:
    """Return a subject that descends as plainly as its trainer can, and its learning rate."""
    trainer = Trainee.make(catalog, name, recipe).plan.trainer.spec
    follows = "optimizer" in trainer.recipe_fields
    plain: dict[str, Any] = {
        "optimizer": "adamw" if follows else "sgd",
        "momentum": 0.0,
        "nesterov": False,
        "weight_decay": 0.0,
        "ema": 0.0,
    }
    return Trainee.make(catalog, name, recipe, **plain), adamw if follows else sgd


def repeats_itself(catalog: Catalog, name: str, recipe: str) -> None:
    """One seed gives one set of weights."""
    first, again = (Trainee.make(catalog, name, recipe, seed=1).fit().weights for _ in range(2))
    for tensor, value in again.items():
        expect_equal(value, first[tensor], tensor, "between two trainings with one seed")


def depends_on_its_seed(catalog: Catalog, name: str, recipe: str) -> None:
    """Another seed gives other weights."""
    first, other = (Trainee.make(catalog, name, recipe, seed=s).fit().weights for s in (1, 2))
    expect(
        any((value != other[tensor]).any() for tensor, value in first.items()),
        "two seeds give the same weights",
    )


def survives_a_file(catalog: Catalog, name: str, recipe: str) -> None:
    """Weights that were saved and loaded give the same predictions to the bit."""
    subject = Trainee.make(catalog, name, recipe)
    weights = subject.fit().weights
    model, other = subject.build(1), subject.build(2)
    subject.trainer.set_weights(model, weights)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS
        sha256 = save_weights(path, weights, {})
        file = load_weights(path, sha256=sha256)
        check_tensors(file, subject.trainer.get_weights(other))
        subject.trainer.set_weights(other, file.tensors)
    for head, (mine, theirs) in enumerate(
        zip(subject.predict(model), subject.predict(other), strict=True)
    ):
        expect_equal(theirs, mine, f"a logit of head {head}", "after save and load")


def counts_its_parameters(catalog: Catalog, name: str) -> None:
    """It learns as many numbers as its spec declares, as it is by default."""
    entry = catalog.model(name)
    trainer = make_trainer(catalog.trainer(entry.spec.trainer), device="cpu", threads=1)
    config = entry.resolve(entry.spec.config)()
    actual = trainer.count_parameters(trainer.build(model_builder(entry), config, 0))
    expected = entry.spec.parameters
    expect(actual == expected, f"it learns {actual:,} numbers, its spec declares {expected:,}")


def _logits(
    catalog: Catalog, name: str, recipe: str
) -> tuple[list[np.ndarray[Any, Any]], tuple[int, ...]]:
    """Return what a new model gives, and the number of classes of each head."""
    subject = Trainee.make(catalog, name, recipe)
    return subject.predict(subject.build(0)), subject.plan.config.classes


COUNT_CHECKS = {"counts its parameters": counts_its_parameters}

MODEL_CHECKS: dict[str, Callable[[Catalog, str, str], None]] = {
    "has a head a label": has_a_head_a_label,
    "gives a logit a class": gives_a_logit_a_class,
    "gives float32": gives_float32,
    "gives finite logits": gives_finite_logits,
    "reads each image by itself": reads_each_image_by_itself,
    "predicts without learning": predicts_without_learning,
    "has gradients": has_gradients,
    "learns a batch": learns_a_batch,
    "repeats itself": repeats_itself,
    "depends on its seed": depends_on_its_seed,
    "survives a file": survives_a_file,
}
