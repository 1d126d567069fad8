"""The hooks that a plugin may implement.

The first nine return specs and are called once, when plugins are loaded; the others are called
before, during or after a training, a search or a range test. Later versions may append arguments,
and an implementation declares only the arguments that it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

# Type-only, because every plugin imports `hookimpl` from here and must stay cheap to import.
if TYPE_CHECKING:
    from pathlib import Path

    from zoo_core.frameworks.run import Run
    from zoo_core.frameworks.scored_steps import ScoredSteps
    from zoo_core.metrics.predictions import Predictions
    from zoo_core.plugins.specs import (
        CommandSpec,
        DatasetSpec,
        LossSpec,
        ModelSpec,
        RegistrySpec,
        RuntimeSpec,
        SourceSpec,
        TaskSpec,
        TrainerSpec,
    )
    from zoo_core.training.course.lr_range import LrRange
    from zoo_core.tuning.study import Study
    from zoo_core.weights.card import Card

# `zoo` is the project name of pluggy: markers and plugin manager must use the same one.
hookspec = pluggy.HookspecMarker("zoo")
hookimpl = pluggy.HookimplMarker("zoo")


@hookspec
def zoo_models() -> Iterable[ModelSpec]:  # type: ignore[empty-body]
    """Return the models that the plugin offers."""


@hookspec
def zoo_datasets() -> Iterable[DatasetSpec]:  # type: ignore[empty-body]
    """Return the data sets that the plugin offers."""


@hookspec
def zoo_sources() -> Iterable[SourceSpec]:  # type: ignore[empty-body]
    """Return the sources of data sets that the plugin offers."""


@hookspec
def zoo_trainers() -> Iterable[TrainerSpec]:  # type: ignore[empty-body]
    """Return the trainers that the plugin offers."""


@hookspec
def zoo_runtimes() -> Iterable[RuntimeSpec]:  # type: ignore[empty-body]
    """Return the runtimes that the plugin offers."""


@hookspec
def zoo_tasks() -> Iterable[TaskSpec]:  # type: ignore[empty-body]
    """Return the tasks that the plugin offers."""


@hookspec
def zoo_losses() -> Iterable[LossSpec]:  # type: ignore[empty-body]
    """Return the losses that the plugin offers, for its own tasks or for others."""


@hookspec
def zoo_registries() -> Iterable[RegistrySpec]:  # type: ignore[empty-body]
    """Return the registries of published weights that the plugin contains or points to."""


@hookspec
def zoo_commands() -> Iterable[CommandSpec]:  # type: ignore[empty-body]
    """Return the sub-commands that the plugin adds to ``zoo``."""


@hookspec
def zoo_trackers(names: Sequence[str]) -> Iterable[str]:  # type: ignore[empty-body]
    """Check trackers before a training or a search, and return the names of all that are offered.

    The plugin's other hooks report to those that the user chose (``zoo_core.plugin_api.trackers``).

    Args:
        names: names that the user chose, also those of other plugins' trackers.

    Raises:
        ZooError: one of them cannot be used; nothing is trained.
    """


@hookspec
def zoo_train_start(run: Run) -> None:
    """Handle the start of a training, before its first epoch."""


@hookspec
def zoo_step_end(run: Run, epoch: int, step: int, steps: int) -> None:
    """Handle the end of a step, whose outputs may still be on their way from the device.

    Args:
        run: the training.
        epoch: number of the epoch, from 1.
        step: number of the step in the epoch, from 1.
        steps: number of steps per epoch.
    """


@hookspec
def zoo_steps_scored(run: Run, scored: ScoredSteps) -> None:
    """Handle the scores of the latest steps, at most 50, and always at the end of an epoch.

    Args:
        run: the training.
        scored: these steps, with the learning rate of the last one.
    """


@hookspec
def zoo_epoch_end(run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
    """Handle the end of an epoch.

    Args:
        run: the training.
        epoch: number of the epoch, from 1.
        metrics: its line of ``metrics.jsonl``.
    """


@hookspec
def zoo_train_end(run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
    """Handle the end of a training, after weights and card are written.

    Args:
        run: the training.
        result: its card.
        predictions: function that returns the predictions of the weights for ``run.data.test``.
    """


@hookspec
def zoo_tune_end(study: Study, folder: Path) -> None:
    """Handle the end of a search for a recipe, complete or stopped.

    Args:
        study: all its trials.
        folder: folder of ``study.json`` and the best recipe, to which a plugin may add files.
    """


@hookspec
def zoo_find_lr_end(title: str, result: LrRange, file: Path) -> None:
    """Draw the result of a range test of learning rates, ``zoo train --find-lr --out FILE``.

    Args:
        title: model and data set.
        result: the test.
        file: picture to write, ``.png`` or ``.svg``.
    """
