"""Resolve a recipe's name and the user's values to a recipe and a model config."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from zoo_core.errors import DataError, InvalidValueError, UnknownNameError, did_you_mean, join_names
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec, ModelSpec
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.recipe import Recipe, SearchSummary
from zoo_core.recipes.validation import validate

FOR_DATASET = "@"
"""Separator in a recipe's name before the data set that it is for, as in ``best@fashion-mnist``.

A model's own author writes one where data differ: digits are not mirrored, clothes are.
"""

SEARCH = "search"
"""The table of a recipe's file that says what found it."""


def recipe_names(entry: Entry[ModelSpec]) -> list[str]:
    """Return the names of a model's recipes."""
    return sorted(entry.resolve(entry.spec.recipes))


def recipe_for(
    entry: Entry[ModelSpec], name: str, overrides: Iterable[Mapping[str, Any]] = ()
) -> str:
    """Return the recipe that a name stands for on the data set that was asked for.

    That is ``NAME@DATASET`` where the model has one, else the name itself.
    """
    dataset = merge_layers(overrides).get("dataset")
    own = f"{name}{FOR_DATASET}{dataset}"
    return own if dataset and own in entry.resolve(entry.spec.recipes) else name


def resolve_recipe(
    entry: Entry[ModelSpec], name: str, overrides: Iterable[Mapping[str, Any]] = ()
) -> Recipe:
    """Return a recipe of a model with the user's own values over it.

    Args:
        entry: the model.
        name: of one of its recipes, or the path of a ``.toml`` file that holds one.
        overrides: field values, the later ones over the earlier; ``model`` is merged by key.

    Raises:
        UnknownNameError: the model has no such recipe.
        InvalidValueError: a key or a value is not allowed.
    """
    spec = entry.spec
    if name.endswith(".toml"):
        base = {key: value for key, value in _read_toml(Path(name)).items() if key != SEARCH}
    else:
        recipes = entry.resolve(spec.recipes)
        if name not in recipes:
            hint = f"{did_you_mean(name, recipes)} Recipes there are: {join_names(recipes)}."
            raise UnknownNameError(f"{spec.name} has no recipe {name!r}", hint=hint.strip())
        base = recipes[name]
    values = merge_layers([{"dataset": spec.dataset, "trainer": spec.trainer}, base, *overrides])
    return validate(Recipe, values, what="recipe")


def merge_layers(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the later values over the earlier, those of ``model`` by key.

    A ``model`` that is no table is left as it is, for a validation to refuse.
    """
    values: dict[str, Any] = {}
    for layer in layers:
        before, model = values.get("model", {}), layer.get("model", {})
        if not isinstance(before, Mapping):
            model = before
        elif isinstance(model, Mapping):
            model = {**before, **model}
        values |= {**layer, "model": model}
    return values


def search_of(name: str) -> SearchSummary | None:
    """Return what found the recipe in a file, if the file says so; see `resolve_recipe`.

    Raises:
        InvalidValueError: it does not say it as a search does.
    """
    facts = _read_toml(Path(name)).get(SEARCH) if name.endswith(".toml") else None
    return (
        None
        if facts is None
        else validate(SearchSummary, facts, what=f"table [{SEARCH}] of {name}")
    )


def resolve_config(entry: Entry[ModelSpec], recipe: Recipe, dataset: DatasetSpec) -> ModelConfig:
    """Return the config of the model for a data set's images and classes.

    Raises:
        InvalidValueError: a key or value is not allowed, or model and data set do not fit.
    """
    spec = entry.spec
    if spec.heads is not None and spec.heads != len(dataset.classes):
        raise InvalidValueError(
            f"model {spec.name!r} gives {_labels(spec.heads)} an image, "
            f"dataset {dataset.name!r} has {_labels(len(dataset.classes))}",
            hint="Choose another with --dataset, or another model: zoo list",
        )
    if spec.task != dataset.task:
        raise InvalidValueError(
            f"model {spec.name!r} is for {spec.task}, dataset {dataset.name!r} for {dataset.task}"
        )
    given = {"input_shape": list(dataset.shape), "classes": list(dataset.classes)}
    for key, value in given.items():
        if recipe.model.get(key, value) != value:
            raise InvalidValueError(
                f"model.{key} is {recipe.model[key]}, dataset {dataset.name!r} has {value}",
                hint=f"Leave model.{key} out: it follows from the data set.",
            )
    config: type[ModelConfig] = entry.resolve(spec.config)
    return validate(
        config,
        {**given, **recipe.model},
        what=f"config of model {spec.name!r}",
        prefix="model.",
    )


def parse_set(assignment: str) -> dict[str, Any]:
    """Return ``{"lr": 0.05}`` for ``lr=0.05`` and ``{"model": {"hidden": 64}}`` for ``model.…``.

    The value is read as JSON where it is JSON, as a list where it has commas, else as a string.

    Raises:
        InvalidValueError: there is no ``=``, or nothing before it.
    """
    key, equals, text = assignment.partition("=")
    key = key.strip()
    if not equals or not key:
        raise InvalidValueError(
            f"--set takes KEY=VALUE, got {assignment!r}", hint="For instance: --set lr=0.05"
        )
    value = _parse_value(text.strip())
    outer, dot, inner = key.partition(".")
    if dot and outer != "model":
        raise InvalidValueError(
            f"only model.KEY has a dot in --set, got {key!r}", hint="See the keys: zoo info NAME"
        )
    return {"model": {inner: value}} if dot else {key: value}


def _parse_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return [_parse_value(part.strip()) for part in text.split(",")] if "," in text else text


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise DataError(f"recipe file {path} cannot be read: {exc}") from exc


def _labels(heads: int) -> str:
    return "one label" if heads == 1 else f"{heads} labels"
