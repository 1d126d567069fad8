"""The hooks that a plugin may implement.

The first six return what the plugin offers and are called once, when plugins are loaded; the
others are called while a model is trained. Arguments may be appended in later versions, and a
plugin names only those that it wants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pathlib import Path

    from zoo_core.frameworks.run import Run
    from zoo_core.metrics.predictions import Predictions
    from zoo_core.plugins.specs import (
        CommandSpec,
        DatasetSpec,
        ModelSpec,
        RegistrySpec,
        SourceSpec,
        TrainerSpec,
    )
    from zoo_core.tuning.study import Study
    from zoo_core.weights.card import Card

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
def zoo_registries() -> Iterable[RegistrySpec]:  # type: ignore[empty-body]
    """Return the registries of published weights that the plugin brings or knows."""


@hookspec
def zoo_commands() -> Iterable[CommandSpec]:  # type: ignore[empty-body]
    """Return the sub-commands that the plugin adds to ``zoo``."""


@hookspec
def zoo_train_start(run: Run) -> None:
    """Hear that the first epoch of `run` is about to begin."""


@hookspec
def zoo_epoch_end(run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
    """Hear of the end of an epoch (from 1), with its line of ``metrics.jsonl``."""


@hookspec
def zoo_train_end(run: Run, result: Card, predictions: Predictions) -> None:
    """Hear that weights and card are written.

    Args:
        run: the training.
        result: its card.
        predictions: what the weights read in ``run.data.test.images``.
    """


@hookspec
def zoo_tune_end(study: Study, folder: Path) -> None:
    """Hear that a search for a recipe has come to its end, or was stopped.

    Args:
        study: all its trials.
        folder: where ``study.json`` and the best recipe lie, and where more may be left.
    """
