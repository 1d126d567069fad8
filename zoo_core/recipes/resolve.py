"""Resolve a recipe's name and the user's values to a recipe and a model config."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_core.errors import InvalidValueError, UnknownNameError, choose_from
from zoo_core.metrics.task import Task
from zoo_core.plugins.data_specs import INPUT_DTYPES, InputSpec, are_class_images
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec, ModelSpec
from zoo_core.recipes.model_config import ALIASES, ModelConfig
from zoo_core.recipes.model_fit import misfit
from zoo_core.recipes.recipe import Recipe, SearchSummary
from zoo_core.recipes.validation import read_toml, validate

FOR_DATASET = "@"
"""Separator between a recipe's name and what it is for: a data set, as in ``best@fashion-mnist``,
or a kind of input, as in ``default@features``."""
# A model's author writes such a recipe if data need other values: clothes may be flipped left to
# right, digits may not, and a table of few rows needs more epochs than a large set of images.

SEARCH = "search"
"""Table of a recipe file about the search that found it."""


def recipe_names(entry: Entry[ModelSpec]) -> list[str]:
    """Return the names of a model's recipes."""
    return sorted(entry.resolve(entry.spec.recipes))


def spaces_of(entry: Entry[ModelSpec]) -> Mapping[str, Mapping[str, Any]]:
    """Return the search spaces of a model by name."""
    return entry.resolve(entry.spec.spaces) if entry.spec.spaces else {}


def recipe_for(
    entry: Entry[ModelSpec],
    name: str,
    overrides: Iterable[Mapping[str, Any]],
    find: Callable[[str], Entry[DatasetSpec]],
) -> str:
    """Return ``NAME@DATASET`` or ``NAME@KIND`` if the model has such a recipe, else NAME.

    Args:
        entry: the model.
        name: name of a recipe.
        overrides: the user's values, which may name the data set.
        find: function from the name of a data set to its entry.
    """
    recipes = entry.resolve(entry.spec.recipes)
    defaults = {"dataset": entry.spec.dataset, **recipes.get(name, {})}
    dataset = merge_layers([defaults, *overrides])["dataset"]
    if f"{name}{FOR_DATASET}{dataset}" in recipes:
        return f"{name}{FOR_DATASET}{dataset}"
    # Found only if the answer depends on it, because a user's table is read for it.
    kinds = [kind for kind in INPUT_DTYPES if f"{name}{FOR_DATASET}{kind}" in recipes]
    if not kinds or not isinstance(dataset, str):
        return name
    kind = find(dataset).spec.input.kind
    return f"{name}{FOR_DATASET}{kind}" if kind in kinds else name


def resolve_recipe(
    entry: Entry[ModelSpec], name: str, overrides: Iterable[Mapping[str, Any]] = ()
) -> Recipe:
    """Return a recipe of a model with the user's overrides.

    Args:
        entry: the model.
        name: name of one of its recipes, or path of a recipe's ``.toml`` file.
        overrides: field values; later ones override earlier ones, ``model`` key by key.

    Raises:
        UnknownNameError: the model has no such recipe.
        DataError: the file is unreadable.
        InvalidValueError: a key or a value is not allowed.
    """
    spec = entry.spec
    if name.endswith(".toml"):
        base = read_toml(Path(name), what="recipe")
        base.pop(SEARCH, None)  # about the recipe, not part of it; see `search_of`
    else:
        recipes = entry.resolve(spec.recipes)
        if name not in recipes:
            hint = choose_from(name, recipes, command=f"zoo info {spec.name}")
            raise UnknownNameError(f"model {spec.name!r} has no recipe {name!r}", hint=hint)
        base = recipes[name]
    # From general to specific: the model's defaults, its recipe, the user's overrides.
    values = merge_layers([{"dataset": spec.dataset, "trainer": spec.trainer}, base, *overrides])
    # Without overrides, any error is in the file or in the plugin's recipe.
    what = f"recipe {'' if overrides else recipe_label(entry, name)}".strip()
    return validate(Recipe, values, what=what)


def recipe_label(entry: Entry[ModelSpec], name: str) -> str:
    """Return the name of a recipe in errors: its file, or its place in a plugin."""
    return name if name.endswith(".toml") else f"{name!r} of {entry.spec.recipes}"


def merge_layers(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge layers of values: later ones override earlier ones, ``model`` key by key."""
    values: dict[str, Any] = {}
    for layer in layers:
        before, model = values.get("model", {}), layer.get("model", {})
        # A `model` that is not a table is kept, because `validate` has the better error for it.
        if not isinstance(before, Mapping):
            model = before
        elif isinstance(model, Mapping):
            model = {**before, **model}
        values |= {**layer, "model": model}
    return values


def search_of(name: str) -> SearchSummary | None:
    """Return the search that found the recipe in a file; None for any other recipe.

    Raises:
        InvalidValueError: the table `SEARCH` of the file is invalid.
    """
    if not name.endswith(".toml"):
        return None
    values = read_toml(Path(name), what="recipe").get(SEARCH)
    if values is None:
        return None
    return validate(SearchSummary, values, what=f"table [{SEARCH}] of {name}")


def resolve_config(
    entry: Entry[ModelSpec],
    recipe: Recipe,
    dataset: DatasetSpec,
    tasks: Sequence[Task],
    *,
    file: str = "",
) -> ModelConfig:
    """Return the config of the model for a data set's inputs and targets; errors name `file`.

    Raises:
        InvalidValueError: a key or value is not allowed, or the model does not fit the data set.
    """
    check_model_fits(entry.spec, dataset)
    given = config_values(dataset.input, tasks)
    own = {ALIASES.get(key, key): each for key, each in recipe.model.items()}
    # Accepted if equal, because the recipe of a card repeats the values of its training.
    for key, value in given.items():
        if own.get(key, value) != value:
            raise InvalidValueError(
                f"model.{key} does not fit dataset {dataset.name!r}: "
                f"expected {value}, got {own[key]}",
                hint=f"Remove model.{key}: the data set determines it.",
            )
    config: type[ModelConfig] = entry.resolve(entry.spec.config)
    return validate(
        config,
        {**given, **own},
        what=f"config of model {entry.spec.name!r}{file and f' in {file}'}",
        prefix="model.",
    )


def config_values(spec: InputSpec, tasks: Sequence[Task]) -> dict[str, Any]:
    """Return the values of a model's config that inputs and targets decide."""
    values: dict[str, Any] = {
        "input_shape": list(spec.shape),
        "outputs": [task.outputs for task in tasks],
    }
    if spec.size:
        values["vocabulary_size"] = spec.size
    targets = [task.target for task in tasks]
    if not are_class_images(spec, targets):
        values["tasks"] = [target.task for target in targets]
    return values


def check_model_fits(model: ModelSpec, dataset: DatasetSpec) -> None:
    """Check that a model accepts the inputs, heads and tasks of a data set.

    Raises:
        InvalidValueError: it does not.
    """
    if not (found := misfit(model, dataset)):
        return
    expected, got = found
    raise InvalidValueError(
        f"model {model.name!r} does not fit dataset {dataset.name!r}: expected {expected}, "
        f"got {got}",
        hint="Choose another data set with --dataset, or another model from `zoo list`.",
    )


def parse_set(assignment: str) -> dict[str, Any]:
    """Parse ``lr=0.05`` to ``{"lr": 0.05}``, and ``model.hidden=64`` to a value of ``model``.

    A value that is JSON is parsed as JSON, one with commas as a list, any other is a string.

    Raises:
        InvalidValueError: there is no ``=``, or no key before it.
    """
    key, equals, text = assignment.partition("=")
    key = key.strip()
    if not equals or not key:
        raise InvalidValueError(
            f"invalid --set: expected KEY=VALUE, got {assignment!r}",
            hint="For instance: --set lr=0.05",
        )
    value = _parse_value(text.strip())
    # One level only: a recipe is flat except for `model`.
    outer, dot, inner = key.partition(".")
    if dot and outer != "model":
        raise InvalidValueError(
            f"invalid key of --set: expected KEY or model.KEY, got {key!r}",
            hint="Run `zoo info MODEL` to see the keys.",
        )
    return {"model": {inner: value}} if dot else {key: value}


def _parse_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return [_parse_value(part.strip()) for part in text.split(",")] if "," in text else text
