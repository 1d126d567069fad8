"""Checks of a model's outputs, without training it."""

from __future__ import annotations

import numpy as np

from zoo_core.frameworks.trainer import make_trainer, model_builder
from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.check import expect, expect_equal, expect_finite
from zoo_core.testing.random_data import EXAMPLES, output_shapes
from zoo_core.testing.trainee import Subject

TOLERANCE = 1e-4
"""Maximum difference of a logit from that in a smaller batch; a share of the largest above 1."""
# Because other batch sizes add up float32 numbers in another order.


def predicts(subject: Subject) -> None:
    """Check that a new model can be built and predicts."""
    subject.outputs()


def has_one_head_per_label(subject: Subject) -> None:
    """Check that the model has one output per label of an image."""
    actual, expected = len(subject.outputs()), len(_shapes(subject))
    expect(actual == expected, f"outputs per image: expected {expected}, got {actual}")


def returns_one_logit_per_class(subject: Subject) -> None:
    """Check that the logits of each head are ``(N, classes)``."""
    pairs = zip(subject.outputs(), _shapes(subject), strict=False)
    for head, (array, expected) in enumerate(pairs):
        expect(
            array.shape == expected,
            f"logits of head {head}: expected {expected}, got {array.shape}",
        )


def returns_float32(subject: Subject) -> None:
    """Check that logits are float32."""
    for head, array in enumerate(subject.outputs()):
        expect(
            array.dtype == np.float32, f"logits of head {head}: expected float32, got {array.dtype}"
        )


def returns_finite_logits(subject: Subject) -> None:
    """Check that no logit of a new model is infinite or NaN."""
    for head, array in enumerate(subject.outputs()):
        expect_finite(array, f"logits of head {head}")


def predicts_images_independently(subject: Subject) -> None:
    """Check that the logits of an image are independent of the other images of its batch."""
    # A batch normalization that is left in training mode is the usual cause.
    trainee = subject.trainee()
    fewer = trainee.predict(trainee.build(0), 3)
    for head, (array, few) in enumerate(zip(subject.outputs(), fewer, strict=True)):
        why = "when the batch has other images"
        within = TOLERANCE * max(1.0, float(np.abs(array).max()))
        expect_equal(few, array[:3], f"a logit of head {head}", why, within=within)


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


def _shapes(subject: Subject) -> list[tuple[int, ...]]:
    return output_shapes(subject.trainee().plan.config, EXAMPLES)


PREDICTION_CHECKS = (
    has_one_head_per_label,
    returns_one_logit_per_class,
    returns_float32,
    returns_finite_logits,
    predicts_images_independently,
)
"""Checks of a model that predicts, with each of its recipes."""
