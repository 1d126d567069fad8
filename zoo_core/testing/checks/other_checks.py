"""Checks of sources, commands, runtimes and losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from click.testing import CliRunner

from zoo_core.errors import (
    DataError,
    InvalidValueError,
    ZooError,
    did_you_mean,
    join_names,
    one_line,
)
from zoo_core.frameworks.losses import distillation_function, loss_function
from zoo_core.frameworks.runtime import open_program
from zoo_core.frameworks.trainer import make_trainer
from zoo_core.installation.click_commands import resolve_command
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec, LossSpec
from zoo_core.recipes.fields.loss import LOSS_FIELDS
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.random_numbers import uniform
from zoo_core.testing.check import ContractError, NotApplicableError, expect
from zoo_core.testing.random_data import Array
from zoo_core.testing.random_heads import COUNT, each_head

NOWHERE = "./no/such/address"
"""Address for a source that is neither an existing path nor a name on any hub."""

NOT_A_PROGRAM = b"a file of another format"

STEP = 1e-4
"""Distance of the outputs of which the loss is compared with its gradient."""

TOLERANCE = 0.01
"""Maximum difference of a slope from that of the gradient, as a share; losses may be float32."""

Loss = Callable[..., tuple[float, Array]]
"""Loss and gradient of outputs and targets, with weights of classes as the third argument."""


def is_for_the_format_of_a_trainer(catalog: Catalog, name: str) -> None:
    """Check that the trainer of some plugin has an exporter for the format of a runtime."""
    spec, trainers = catalog.runtime(name).spec, catalog.entries("trainers").values()
    if not trainers:
        raise NotApplicableError("no trainer is installed")
    formats = {each for trainer in trainers for each in trainer.spec.exporters}
    expect(
        spec.format in formats,
        f"runtime {name!r}: expected a format of a trainer's exporters "
        f"({join_names(sorted(formats)) or 'they have none'}), got {spec.format!r}",
    )


def refuses_other_files(catalog: Catalog, name: str) -> None:
    """Check that a runtime refuses a file of another format with a `ZooError`."""
    entry = catalog.runtime(name)
    try:
        open_program(entry, NOT_A_PROGRAM, b"", threads=1)
    except ZooError:
        return
    except Exception as exc:
        raise ContractError(
            f"runtime {name!r}: expected a ZooError for a file that is not a program, got "
            f"{one_line(exc)}"
        ) from exc
    raise ContractError(
        f"runtime {name!r}: expected a ZooError for a file that is not a program, got a predictor"
    )


def refuses_an_address_without_data(catalog: Catalog, name: str) -> None:
    """Check that an address without a data set is a `ZooError`, which users see on one line."""
    entry = catalog.source(name)
    describe = entry.resolve(entry.spec.describe)
    try:
        described = describe(NOWHERE)
    except ZooError:
        return
    except Exception as exc:
        raise ContractError(f"{name}:{NOWHERE}: expected a ZooError, got {one_line(exc)}") from exc
    # Not by `Entry.call`, whose error for another type is a `ZooError` as well.
    expect(
        isinstance(described, DatasetSpec),
        f"source {name!r} of {entry.plugin}: describe: expected DatasetSpec or, for {NOWHERE}, "
        f"a ZooError, got {described!r}",
    )
    raise ContractError(f"{name}:{NOWHERE}, which does not exist, is accepted as a data set")


def is_a_click_command(catalog: Catalog, name: str) -> None:
    """Check that the command is a click command."""
    resolve_command(catalog.command(name))


def has_a_help_text(catalog: Catalog, name: str) -> None:
    """Check that ``--help`` succeeds and has a text."""
    command = resolve_command(catalog.command(name))
    done = CliRunner().invoke(command, ["--help"])
    expect(
        done.exit_code == 0,
        f"exit code of --help: expected 0, got {done.exit_code}: {done.output[-200:]}",
    )
    expect(command.help, "--help has no text; write a docstring")


def has_its_task_installed(catalog: Catalog, entry: Entry[LossSpec]) -> None:
    """Check that the name of the loss's task is installed and unambiguous."""
    catalog.task(entry.spec.task)


def is_for_the_framework_of_a_trainer(catalog: Catalog, entry: Entry[LossSpec]) -> None:
    """Check that an installed trainer has the framework of the loss."""
    framework = entry.spec.framework
    known = {each.spec.framework for each in catalog.entries("trainers").values()}
    near = did_you_mean(framework, known)  # such as torch, whose project is called PyTorch
    expect(framework in known or not near, f"framework: no trainer has {framework!r}. {near}")
    if framework not in known:
        raise NotApplicableError(f"no trainer of {framework} is installed")


def implements_recipe_fields_of_losses(entry: Entry[LossSpec]) -> None:
    """Check that its ``recipe_fields`` are those that a loss can implement."""
    unknown = sorted({*entry.spec.recipe_fields} - LOSS_FIELDS)
    expect(
        not unknown,
        f"recipe_fields of its spec: expected some of {join_names(sorted(LOSS_FIELDS))}, "
        f"got {join_names(unknown)}",
    )


def has_the_gradient_of_its_value(catalog: Catalog, entry: Entry[LossSpec]) -> None:
    """Check that the gradient for the outputs is that of the value, by finite differences."""
    for head, loss, outputs, targets, _ in _heads(catalog, entry):
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
    for head, loss, outputs, targets, _ in _heads(catalog, entry):
        parts = [loss(outputs[i : i + 1], targets[i : i + 1])[0] for i in range(COUNT)]
        expected, got = float(np.mean(parts)), loss(outputs, targets)[0]
        expect(
            abs(got - expected) <= TOLERANCE * abs(expected),
            f"loss{head}: expected {expected:.5g}, the mean of the losses of {COUNT} examples, "
            f"got {got:.5g}",
        )


def rises_evenly_with_class_weights(catalog: Catalog, entry: Entry[LossSpec]) -> None:
    """Check that weights of 1 change no loss, and that others change it in proportion."""
    for head, loss, outputs, targets, classes in _heads(catalog, entry):
        if not classes:
            continue
        plain = loss(outputs, targets, "")[0]
        none, one, two = (loss(outputs, targets, (each,) * classes)[0] for each in (0.0, 1.0, 2.0))
        expect(two != one, f"loss{head}: class_weights have no effect")
        for what, expected, got in (
            ("all class_weights of 1, as without any", plain, one),
            (
                "all class_weights of 2, as far above that of 1 as that is above 0",
                2 * one - none,
                two,
            ),
        ):
            expect(
                abs(got - expected) <= TOLERANCE * abs(expected),
                f"loss{head} with {what}: expected {expected:.5g}, got {got:.5g}",
            )


def _heads(
    catalog: Catalog, entry: Entry[LossSpec]
) -> Iterator[tuple[str, Loss, Array, Array, int]]:
    """Yield label, loss, outputs, targets and size of each head that the loss does not refuse.

    The distance from a teacher is one more loss, whose targets are outputs.
    """
    spec, compute = entry.spec, _gradient_method(catalog, entry.spec)
    smoothing = 0.1 if "label_smoothing" in spec.recipe_fields else 0.0
    values = {"dataset": "random", "trainer": spec.framework, "label_smoothing": smoothing}
    softened = {"teacher": "teacher", "teacher_temperature": 2.0}
    recipe = Recipe.model_validate(values | softened)
    function = loss_function(entry)
    for head, task, outputs, targets in each_head(catalog, spec.task):
        # Uneven ones, with which a mean by weights would not be one over examples.
        uneven = tuple(1.0 + number % 3 for number in range(task.target.size))
        weights: Any = uneven if "class_weights" in spec.recipe_fields else ""

        def loss(outputs: Array, targets: Array, given: Any = weights) -> tuple[float, Array]:
            weighted = recipe.model_copy(update={"class_weights": given})
            return compute(function, outputs, targets, weighted)  # type: ignore[no-any-return]

        try:
            loss(outputs.astype(np.float64), targets)
        except (DataError, InvalidValueError):
            continue
        yield head, loss, outputs.astype(np.float64), targets, task.target.size
        if spec.distillation:
            yield _distance(head, compute, entry, recipe, outputs.astype(np.float64))


def _distance(
    head: str, compute: Callable[..., Any], entry: Entry[LossSpec], recipe: Recipe, outputs: Array
) -> tuple[str, Loss, Array, Array, int]:
    """Return the distance from a teacher as a loss of a head, for `_heads`."""
    function = distillation_function(entry)

    def distance(outputs: Array, taught: Array, given: Any = "") -> tuple[float, Array]:
        return compute(function, outputs, taught, recipe)  # type: ignore[no-any-return]

    # Without classes, because it has no weights of classes.
    return f"{head} from a teacher", distance, outputs, (outputs[::-1] / 2).copy(), 0


def _gradient_method(catalog: Catalog, spec: LossSpec) -> Callable[..., Any]:
    """Return ``loss_gradient`` of a trainer of the loss's framework."""
    for entry in catalog.entries("trainers").values():
        if entry.spec.framework == spec.framework:
            trainer = make_trainer(entry, device="cpu", threads=1)
            if method := getattr(trainer, "loss_gradient", None):
                return method  # type: ignore[no-any-return]
    raise NotApplicableError(f"no installed trainer of {spec.framework} has loss_gradient")


WEIGHT_CHECKS = (rises_evenly_with_class_weights,)
"""Checks of a loss that implements weights of classes."""

LOSS_CHECKS = (has_the_gradient_of_its_value, is_a_mean_over_the_examples)
"""Checks of a loss whose task is installed."""
