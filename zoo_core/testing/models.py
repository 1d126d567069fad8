"""What a model must hold, with any of its recipes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.catalog import Catalog
from zoo_core.errors import InvalidValueError
from zoo_core.metrics import score
from zoo_core.testing.check import ContractError, expect
from zoo_core.testing.subject import IMAGES, Subject
from zoo_core.trainer import Batch
from zoo_core.validation import validate
from zoo_core.weights import check_tensors, load_weights, save_weights

OVERFIT_STEPS = 300


def gives_logits(catalog: Catalog, name: str, recipe: str) -> None:
    """Every head gives finite float32 ``(N, classes)``, which depend on the image alone."""
    subject = Subject.make(catalog, name, recipe)
    model = subject.build(0)
    logits, classes = subject.predict(model), subject.plan.config.classes
    expect(len(logits) == len(classes), f"it gives {len(logits)} outputs for {len(classes)} heads")
    for head, (array, many) in enumerate(zip(logits, classes, strict=True)):
        found, due = f"{array.dtype} {array.shape}", f"float32 {(IMAGES, many)}"
        expect(found == due, f"the logits of head {head} are {found}, not {due}")
        expect(np.isfinite(array).all(), f"the logits of head {head} are not finite")
    for array, fewer in zip(logits, subject.predict(model, 3), strict=True):
        off = float(np.abs(array[:3] - fewer).max())
        expect(off < 1e-4, f"the logits of an image change by {off:.2g} with the images beside it")


def has_gradients(catalog: Catalog, name: str, recipe: str) -> None:
    """Every parameter has a finite gradient that is not all 0: plain descent moves it."""
    plain: dict[str, Any] = {
        "optimizer": "sgd",
        "momentum": 0.0,
        "nesterov": False,
        "weight_decay": 0.0,
    }
    subject = Subject.make(catalog, name, recipe, **plain, ema=0.0)
    model = subject.build(0)
    before = subject.trainer.get_weights(model)
    learner = subject.trainer.start(model, subject.run)
    learner.feed(subject.run.data.train)
    learner.step(Batch(step=0, rows=np.arange(IMAGES), lr=1.0))
    for tensor, after in subject.trainer.get_weights(model).items():
        expect(np.isfinite(after).all(), f"the gradient of {tensor} is not finite")
        expect((after != before[tensor]).any(), f"a step of plain descent does not move {tensor}")


def learns_a_batch(catalog: Catalog, name: str, recipe: str) -> None:
    """It learns a single batch of random images by heart."""
    trainer = Subject.make(catalog, name, recipe).plan.trainer.spec
    adamw = "optimizer" in trainer.recipe_fields
    means: dict[str, Any] = {
        "optimizer": "adamw" if adamw else "sgd",
        "momentum": 0.0,
        "nesterov": False,
    }
    subject = Subject.make(catalog, name, recipe, **means, weight_decay=0.0, ema=0.0)
    model = subject.build(0)
    learner = subject.trainer.start(model, subject.run)
    learner.feed(subject.run.data.train)
    labels = subject.run.data.train.labels[:IMAGES]
    for step in range(OVERFIT_STEPS):
        learner.step(Batch(step=step, rows=np.arange(IMAGES), lr=0.003 if adamw else 0.1))
        if step % 20 == 19 and score(subject.predict(model), labels).all_correct == IMAGES:
            return
    right = score(subject.predict(model), labels).all_correct
    raise ContractError(f"after {OVERFIT_STEPS} steps on {IMAGES} images it reads {right} of them")


def repeats_itself(catalog: Catalog, name: str, recipe: str) -> None:
    """One seed gives one set of weights, and another seed another."""
    first, again = (Subject.make(catalog, name, recipe, seed=1).fit().weights for _ in range(2))
    for tensor, value in first.items():
        off = np.abs(value - again[tensor]).max()
        expect(off == 0, f"{tensor} differs by {off:.2g} between two trainings with one seed")
    other = Subject.make(catalog, name, recipe, seed=2).fit().weights
    expect(
        any((value != other[tensor]).any() for tensor, value in first.items()),
        "two seeds give the same weights",
    )


def survives_a_file(catalog: Catalog, name: str, recipe: str) -> None:
    """Weights that were saved and loaded give the same predictions to the bit."""
    subject = Subject.make(catalog, name, recipe)
    weights = subject.fit().weights
    model, other = subject.build(1), subject.build(2)
    subject.trainer.set_weights(model, weights)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        sha256 = save_weights(path, weights, {})
        file = load_weights(path, sha256=sha256)
        check_tensors(file, subject.trainer.get_weights(other))
        subject.trainer.set_weights(other, file.tensors)
    for head, (mine, theirs) in enumerate(
        zip(subject.predict(model), subject.predict(other), strict=True)
    ):
        off = np.abs(mine - theirs).max()
        expect(off == 0, f"the logits of head {head} differ by {off:.2g} after save and load")


def has_a_strict_config(catalog: Catalog, name: str, recipe: str) -> None:
    """The config survives JSON, and refuses a key that it does not know."""
    plan = Subject.make(catalog, name, recipe).plan
    cls, values = type(plan.config), plan.config.model_dump(mode="json")
    again = validate(cls, values, what="config")
    expect(again == plan.config, f"the config becomes {again} on its way through JSON")
    try:
        validate(cls, {**values, "no_such_key": 1}, what="config")
    except InvalidValueError:
        return
    raise ContractError("the config takes the unknown key 'no_such_key'")


MODEL_CHECKS: dict[str, Callable[[Catalog, str, str], None]] = {
    "gives logits": gives_logits,
    "has gradients": has_gradients,
    "learns a batch": learns_a_batch,
    "repeats itself": repeats_itself,
    "survives a file": survives_a_file,
    "has a strict config": has_a_strict_config,
}
