"""Checks of sources, commands, registries and training hooks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import pluggy
from click.testing import CliRunner

from zoo_core import hookspecs
from zoo_core.errors import PluginError, ZooError, one_line
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.plugins.catalog import Catalog
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import known_registries
from zoo_core.testing.check import ContractError, NotApplicableError, expect
from zoo_core.testing.static_checks import TUNE_HOOK, running_hooks
from zoo_core.training.training import Training
from zoo_core.tuning.study import State, Study, Trial
from zoo_core.weights.card import Card

NOWHERE = "./no/such/address"
"""Address for a source that is neither an existing path nor a name on any hub."""


def refuses_an_address_without_data(catalog: Catalog, name: str) -> None:
    """Check that an address without a data set is a `ZooError`, which users see on one line."""
    try:
        catalog.dataset(f"{name}:{NOWHERE}")
    except PluginError:
        raise  # a mistake of the plugin, not of its user
    except ZooError:
        return
    except Exception as exc:
        raise ContractError(f"{name}:{NOWHERE}: expected a ZooError, got {one_line(exc)}") from exc
    raise ContractError(f"{name}:{NOWHERE}, which does not exist, is accepted as a data set")


def is_a_click_command(catalog: Catalog, name: str) -> None:
    """Check that the command is a click command."""
    entry = catalog.command(name)
    command = entry.resolve(entry.spec.command)
    expect(
        isinstance(command, click.Command),
        f"{entry.spec.command}: expected a click command, got {command!r}",
    )


def has_a_help_text(catalog: Catalog, name: str) -> None:
    """Check that ``--help`` succeeds and has a text."""
    entry = catalog.command(name)
    command = entry.resolve(entry.spec.command)
    done = CliRunner().invoke(command, ["--help"])
    expect(
        done.exit_code == 0,
        f"exit code of --help: expected 0, got {done.exit_code}: {done.output[-200:]}",
    )
    expect(command.help, "--help has no text; write a docstring")


def can_be_read(catalog: Catalog, name: str) -> None:
    """Check that the index of a registry on this machine can be read."""
    registry = next(each for each in known_registries(catalog) if each.name == name)
    # A server may be down without any fault of the plugin.
    if not isinstance(registry.location, Folder):
        raise NotApplicableError(f"it is not on this machine but at {registry.location.url}")
    registry.index()


def runs_its_training_hooks(catalog: Catalog, name: str) -> None:
    """Check that no hook of the plugin fails in a short training."""
    # The hooks are called by `_PluginCallbacks`: a training turns their errors into warnings, and
    # calls those of other plugins as well, which may draw for seconds.
    quiet = Catalog(catalog.plugins, _no_hooks)
    model = _any_model(catalog, name)
    small = {"dataset": "synthetic", "epochs": 1}
    with tempfile.TemporaryDirectory() as folder:
        callbacks = _PluginCallbacks(running_hooks(catalog, name))
        out = Path(folder) / "run"
        run = Training.new(quiet, model, overrides=[small], out=out, callbacks=callbacks).run()
        expect(run.card.model, "the card is gone")  # hooks may add files to the folder, not remove


def runs_its_search_hook(catalog: Catalog, name: str) -> None:
    """Check that the plugin's hook accepts a search with pruned and failed trials."""
    # A made-up study, because a real search takes minutes and fails no trial on purpose.
    hook = running_hooks(catalog, name)[TUNE_HOOK]
    with tempfile.TemporaryDirectory() as folder:
        _call(TUNE_HOOK, hook, study=_search(), folder=Path(folder))


def _search() -> Study:
    ends: list[tuple[float, State]] = [
        (0.9, "complete"),
        (0.8, "complete"),
        (0.5, "pruned"),
        (0.0, "failed"),
    ]
    return Study(
        name="a-study",
        model="a-model",
        recipe_name="default",
        dataset="synthetic",
        space={"lr": {"low": 0.001, "high": 0.1, "log": True}, "batch_size": {"choices": [32, 64]}},
        grid=False,
        seeds=(0,),
        trials=tuple(
            Trial(
                number=number,
                state=state,
                values={"lr": 0.001 * 2**number, "batch_size": 32},
                scores=(score,) * (state == "complete"),
                loss=0.1,
                curve=(score,) * (state != "failed"),
                epochs=1,
                seconds=1.0,
                reason="" if state == "complete" else state,
            )
            for number, (score, state) in enumerate(ends)
        ),
        importances={"lr": 0.9, "batch_size": 0.1},
    )


class _PluginCallbacks(Callbacks):
    """Callbacks that call a plugin's hooks and raise their errors."""

    def __init__(self, hooks: Mapping[str, Any]) -> None:
        self._hooks = hooks

    def train_start(self, run: Run, progress: TrainingState) -> None:
        self._call_hook("zoo_train_start", run=run)

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        self._call_hook("zoo_epoch_end", run=run, epoch=epoch, metrics=metrics)

    def train_end(self, run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
        self._call_hook("zoo_train_end", run=run, result=result, predictions=predictions)

    def _call_hook(self, hook: str, **arguments: Any) -> None:
        if implementation := self._hooks.get(hook):
            _call(hook, implementation, **arguments)


def _call(hook: str, implementation: Any, **arguments: Any) -> None:
    try:
        implementation.function(**{key: arguments[key] for key in implementation.argnames})
    except Exception as exc:
        raise ContractError(f"{hook} failed: {one_line(exc)}") from exc


def _any_model(catalog: Catalog, plugin: str) -> str:
    """Return a model that can be trained here, preferably the plugin's own."""
    # Of one head, or any number, because the synthetic data set has one label per image.
    entries = catalog.entries("models").items()
    for name, entry in sorted(entries, key=lambda item: item[1].plugin.distribution != plugin):
        if entry.spec.heads in (1, None):
            try:
                entry.resolve(entry.spec.builder)
                trainer = catalog.trainer(entry.spec.trainer)
                trainer.resolve(trainer.spec.factory)
            except ZooError:  # its framework is not installed
                continue
            return name
    raise NotApplicableError("no installed model can be trained")


def _no_hooks() -> pluggy.HookRelay:
    manager = pluggy.PluginManager("zoo")
    manager.add_hookspecs(hookspecs)
    return manager.hook
