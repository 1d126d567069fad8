"""Checks of losses: their gradient, and their mean over the examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from zoo_core.errors import DataError, InvalidValueError
from zoo_core.frameworks.losses import loss_function
from zoo_core.frameworks.trainer import make_trainer
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import LossSpec
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.random_numbers import uniform
from zoo_core.testing.check import NotApplicableError, expect
from zoo_core.testing.random_data import Array
from zoo_core.testing.random_heads import COUNT, each_head

STEP = 1e-4
"""Distance of the outputs of which the loss is compared with its gradient."""

TOLERANCE = 0.01
"""Maximum difference of a slope from that of the gradient, as a share; losses may be float32."""

Loss = Callable[[Array, Array], tuple[float, Array]]


def has_the_gradient_of_its_value(catalog: Catalog, entry: Entry[LossSpec]) -> None:
    """Check that the gradient for the outputs is that of the value, by finite differences."""
    for head, loss, outputs, targets in _heads(catalog, entry):
        found = []
        for seed in range(3):
            # Other outputs each time, because a loss may have a kink, such as |d| at 0.
            here = np.roll(outputs, seed, axis=0)
            way = STEP * np.where(uniform(here.shape, 5, seed) < 0.5, -1.0, 1.0)
            _, gradient = loss(here, targets)
            rise = loss(here + way, targets)[0] - loss(here - way, targets)[0]
            expected, got = rise / 2, float((gradient * way).sum())
            size = max(STEP * float(np.linalg.norm(gradient)), abs(expected), 1e-12)
            found.append((abs(got - expected) / size, expected / STEP, got / STEP))
        off, expected, got = sorted(found)[1]
        expect(
            off < TOLERANCE,
            f"gradient{head}: expected a slope of {expected:.5g} in a random direction, which is "
            f"that of the value, got {got:.5g}",
        )


def is_a_mean_over_the_examples(catalog: Catalog, entry: Entry[LossSpec]) -> None:
    """Check that the loss of a batch is the mean of the losses of its examples."""
    # Because the processes that share a batch add up their parts.
    for head, loss, outputs, targets in _heads(catalog, entry):
        parts = [loss(outputs[i : i + 1], targets[i : i + 1])[0] for i in range(COUNT)]
        expected, got = float(np.mean(parts)), loss(outputs, targets)[0]
        expect(
            abs(got - expected) <= TOLERANCE * abs(expected),
            f"loss{head}: expected {expected:.5g}, the mean of the losses of {COUNT} examples, "
            f"got {got:.5g}",
        )


def _heads(catalog: Catalog, entry: Entry[LossSpec]) -> Iterator[tuple[str, Loss, Array, Array]]:
    """Yield label, loss, outputs and targets of each head that the loss does not refuse."""
    spec, compute = entry.spec, _gradient_method(catalog, entry.spec)
    smoothing = 0.1 if "label_smoothing" in spec.recipe_fields else 0.0
    recipe = Recipe(dataset="random", trainer=spec.framework, label_smoothing=smoothing)
    function = loss_function(entry)

    def loss(outputs: Array, targets: Array) -> tuple[float, Array]:
        return compute(function, outputs, targets, recipe)  # type: ignore[no-any-return]

    for head, _, outputs, targets in each_head(catalog, spec.task):
        try:
            loss(outputs.astype(np.float64), targets)
        except (DataError, InvalidValueError):
            continue
        yield head, loss, outputs.astype(np.float64), targets


def _gradient_method(catalog: Catalog, spec: LossSpec) -> Callable[..., Any]:
    """Return ``loss_gradient`` of a trainer of the loss's framework."""
    if not spec.loss:
        raise NotApplicableError("its framework computes it")
    for entry in catalog.entries("trainers").values():
        if entry.spec.framework == spec.framework:
            trainer = make_trainer(entry, device="cpu", threads=1)
            if method := getattr(trainer, "loss_gradient", None):
                return method  # type: ignore[no-any-return]
    raise NotApplicableError(f"no installed trainer of {spec.framework} has loss_gradient")


LOSS_CHECKS = (has_the_gradient_of_its_value, is_a_mean_over_the_examples)
"""Checks of a loss whose task is installed."""
