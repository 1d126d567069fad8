"""The public Python functions; see the package's docstring for their use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from typing import Any

from zoo_core.catalog import installed
from zoo_core.config import ModelConfig
from zoo_core.metrics import Scores
from zoo_core.pretrained import Pretrained, evaluate_pretrained, load_pretrained
from zoo_core.resolution import recipe_names
from zoo_core.run import Run
from zoo_core.specs import ModelSpec
from zoo_core.training import resume as _resume
from zoo_core.training import train as _train
from zoo_core.validation import validate


@dataclass(frozen=True)
class ModelInfo:
    """What `zoo info MODEL` tells.

    Attributes:
        spec: as the plugin gives it.
        plugin: the distribution that offers it.
        version: of that distribution.
        config: the default config, JSON values by key.
        recipes: names of its recipes.
    """

    spec: ModelSpec
    plugin: str
    version: str
    config: Mapping[str, Any]
    recipes: list[str]


def list_models(
    pattern: str = "*", *, task: str | None = None, plugin: str | None = None
) -> list[str]:
    """Return the names of the installed models, sorted.

    Args:
        pattern: a shell pattern that a name must match, for instance ``two-headed-*``.
        task: only models for this task.
        plugin: only models of this distribution.
    """
    return [
        name
        for name, entry in installed().entries("models").items()
        if fnmatchcase(name, pattern)
        and task in (None, entry.spec.task)
        and plugin in (None, entry.plugin.distribution)
    ]


def get_model_info(name: str) -> ModelInfo:
    """Return what is known of a model."""
    entry = installed().model(name)
    config: ModelConfig = entry.resolve(entry.spec.config)()
    return ModelInfo(
        spec=entry.spec,
        plugin=entry.plugin.distribution,
        version=entry.plugin.version,
        config=config.model_dump(mode="json"),
        recipes=recipe_names(entry),
    )


def create_model(name: str, **config: Any) -> Any:
    """Return a new model with random weights: the framework's own object.

    Args:
        name: of the model.
        config: values of its config, for instance ``hidden=[64]``.
    """
    entry = installed().model(name)
    what = f"config of model {name!r}"
    return entry.resolve(entry.spec.builder)(
        validate(entry.resolve(entry.spec.config), config, what=what)
    )


def train(
    name: str,
    *,
    recipe: str | None = None,
    dataset: str | None = None,
    out: str | PathLike[str] | None = None,
    device: str = "auto",
    threads: int | None = None,
    **overrides: Any,
) -> Run:
    """Train a model; see `zoo_core.training.train`.

    Args:
        name: of the model.
        recipe: name of one of its recipes, or path of a ``.toml`` file; None for ``default``.
        dataset: name of the data set; None for the recipe's.
        out: the run's folder, new or empty; None for the next free one under ``runs``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: of the framework; None for its own choice.
        overrides: values over the recipe's, for instance ``lr=0.05, model={"hidden": 64}``.
    """
    return _train(
        installed(),
        name,
        recipe=recipe or "default",
        overrides=[overrides, {"dataset": dataset} if dataset else {}],
        out=None if out is None else Path(out),
        device=device,
        threads=threads,
    )


def resume(
    run: str | PathLike[str], *, device: str | None = None, threads: int | None = None
) -> Run:
    """Go on with a training that was stopped; see `zoo_core.training.resume`."""
    return _resume(installed(), Path(run), device=device, threads=threads)


def load(path: str | PathLike[str], *, device: str = "auto") -> Pretrained:
    """Load weights from a run's folder or a ``.safetensors`` file, verified."""
    return load_pretrained(installed(), Path(path), device=device)


def evaluate(
    weights: Pretrained | str | PathLike[str],
    *,
    dataset: str | None = None,
    split: str = "test",
) -> Scores:
    """Score weights on every image of a split; see `zoo_core.pretrained.evaluate_pretrained`."""
    pretrained = weights if isinstance(weights, Pretrained) else load(weights)
    return evaluate_pretrained(installed(), pretrained, dataset=dataset, split=split)


__all__ = [
    "ModelInfo",
    "create_model",
    "evaluate",
    "get_model_info",
    "list_models",
    "load",
    "resume",
    "train",
]
