"""The search spaces of a model, checked by making plans of trainings."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo

from zoo_core.errors import InvalidValueError, UnknownNameError, choose_from
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.recipe import Recipe
from zoo_core.recipes.resolve import spaces_of
from zoo_core.recipes.validation import FrozenModel, read_toml, validate
from zoo_core.training.make_plan import make_plan
from zoo_core.training.plan import Plan
from zoo_core.tuning.search_space import Range, Space, Values

MODEL = "model."
"""Prefix of the keys of a model's config."""

UNSEARCHABLE = frozenset(
    {
        *("dataset", "seed", "split_seed", "validation", "held_out", "folds", "fold"),
        *("choose_by", "max_minutes"),
    }
)
"""Recipe fields that a search must not vary: they change what is scored, the seed or the time."""


class _Keywords(FrozenModel):
    """The keys of a search space that are not fields of a recipe."""

    inherit: bool | None = None
    recipe: str | None = None
    one_at_a_time: bool = False


def find_space(entry: Entry[ModelSpec], given: str | None, *, grid: bool = False) -> Space:
    """Return a model's search space, or a user's file merged with it.

    Args:
        entry: the model.
        given: name of one of its spaces, or path of a ``.toml`` file; None for the default.
        grid: whether the default is the space ``grid``, instead of ``default``.

    Raises:
        UnknownNameError: the model has no such space.
        DataError: the file cannot be read.
        InvalidValueError: a key or a value is not allowed.
    """
    spaces, name = spaces_of(entry), "grid" if grid else "default"
    if given is not None and given.endswith(".toml"):
        what, written = f"search space {given}", read_toml(Path(given), what="search space")
        # A grid does not inherit, because each inherited key would multiply the trials.
        inherit = written.get("inherit", not grid and name in spaces)
    else:
        name = given or name
        what, written, inherit = f"search space {name!r} of model {entry.spec.name!r}", {}, True
    if inherit and name not in spaces:
        raise UnknownNameError(
            f"model {entry.spec.name!r} has no search space {name!r}",
            hint=f"{choose_from(name, spaces)} Or name a file: --space FILE.toml".strip(),
        )
    base = flatten(spaces[name], what) if inherit else {}
    return _space(base | flatten(written, what), entry, what)


def overrides(entry: Entry[ModelSpec], space: Space, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trial's values as overrides for `zoo_core.training.make_plan.make_plan`."""
    fields = known_fields(entry)
    # A key whose `when` does not hold has its field's default, not the recipe's value: a recipe
    # with momentum could not try an optimizer that has none.
    unset = {
        key: fields[key].get_default(call_default_factory=True)
        for key in space.ranges.keys() - values.keys()
    }
    return unflatten({**space.fixed, **unset, **values})


def unflatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"lr": 0.1, "model": {"hidden": [64]}}`` for the values of such keys."""
    outer = {key: value for key, value in values.items() if not key.startswith(MODEL)}
    model = {k.removeprefix(MODEL): v for k, v in values.items() if k.startswith(MODEL)}
    return {**outer, "model": model} if model else outer


def flatten(written: Mapping[str, Any], what: str, *, kind: str = "a table") -> Values:
    """Return the values of a recipe or a space by key; see `unflatten`.

    Args:
        written: the recipe or space.
        what: its name in errors.
        kind: the name of a mapping in the language that the user wrote it in, TOML or JSON.

    Raises:
        InvalidValueError: ``model`` is not a mapping.
    """
    model = written.get("model", {})
    if not isinstance(model, Mapping):
        raise InvalidValueError(f"invalid {what}: model: expected {kind}, got {json.dumps(model)}")
    outer = {key: value for key, value in written.items() if key != "model"}
    return outer | {MODEL + key: value for key, value in model.items()}


def known_fields(entry: Entry[ModelSpec]) -> dict[str, FieldInfo]:
    """Return all fields that a space can contain: the recipe's, and those of the model's config."""
    config: type[ModelConfig] = entry.resolve(entry.spec.config)
    # Without the fields of every config, input shape and classes, which the data set decides.
    own = config.model_fields.keys() - ModelConfig.model_fields.keys()
    recipe = {key: info for key, info in Recipe.model_fields.items() if key != "model"}
    return recipe | {MODEL + key: config.model_fields[key] for key in sorted(own)}


def _space(written: Mapping[str, Any], entry: Entry[ModelSpec], what: str) -> Space:
    keys = _Keywords.model_fields.keys()
    keywords = validate(_Keywords, {k: written[k] for k in written if k in keys}, what=what)
    fields = known_fields(entry)
    ranges: dict[str, Range] = {}
    fixed: Values = {}
    for key, value in written.items():
        if key in keys:
            continue
        if key not in fields:
            problem = f"invalid {what}: unknown key {key!r}"
            raise InvalidValueError(problem, hint=choose_from(key, fields))
        if isinstance(value, Mapping):
            each = validate(Range, value, what=f"range of {key} in the {what}")
            ranges[key] = _with_floats(each, fields[key])
        else:
            fixed[key] = value
    _check_searched(ranges, what)
    # Stable, so that keys keep the order in which a sampler chooses them.
    ordered = sorted(ranges.items(), key=lambda item: bool(item[1].when))
    return Space(dict(ordered), fixed, keywords.recipe, keywords.one_at_a_time)


def _check_searched(ranges: Mapping[str, Range], what: str) -> None:
    if not ranges:
        raise InvalidValueError(
            f"nothing to search: the {what} has no range",
            hint="For instance: lr = { low = 0.001, high = 0.1, log = true }",
        )
    for key in sorted(ranges.keys() & UNSEARCHABLE):
        raise InvalidValueError(
            f"the {what} has a range of {key}, which changes what is scored, the seed or the time: "
            "scores of trials would not be comparable",
            hint=f"Give {key} one value, or remove it.",
        )
    for key, each in ranges.items():
        for other, value in each.when.items():
            # Conditions on conditional keys are not allowed, because a key's `when` is checked
            # against the values of the unconditional ones.
            there = ranges.get(other)
            if there is None or there.when or value not in there.choices:
                raise InvalidValueError(
                    f"when of {key} in the {what}: expected a choice of another key without a "
                    f"when, got {{{other} = {json.dumps(value)}}}"
                )


def _with_floats(each: Range, info: FieldInfo) -> Range:
    """Return a range with float bounds if the field is a float."""
    # Optuna samples integers between two integers, and `low = 0` in a file is an integer.
    if each.choices or float not in (info.annotation, *get_args(info.annotation)):
        return each
    bounds = {key: getattr(each, key) for key in ("low", "high", "step")}
    return each.model_copy(update={k: None if v is None else float(v) for k, v in bounds.items()})


def check_space(
    catalog: Catalog, name: str, space: Space, recipe: str, given: Iterable[Mapping[str, Any]] = ()
) -> Plan:
    """Check that every value of a space, and every two of them, make a valid training.

    Args:
        catalog: the installed plugins.
        name: the model.
        space: one of its search spaces.
        recipe: the recipe that the search starts from.
        given: values that override the recipe's.

    Returns:
        The plan of the recipe itself, with the values that the space fixes.

    Raises:
        InvalidValueError: a value is not allowed, or two values are in conflict.
    """
    entry, given = catalog.model(name), list(given)
    make_plan(catalog, name, recipe, given)  # because an error in these is not the space's

    def plan_of(changes: Mapping[str, Any]) -> Plan:
        return make_plan(catalog, name, recipe, [*given, unflatten(space.fixed), changes])

    for shown, setting in space.pairs():
        try:
            plan_of(overrides(entry, space, setting))
        except InvalidValueError as exc:
            culprits = _minimal_conflict(setting, exc.problem, plan_of) or shown
            values = " and ".join(f"{key} = {json.dumps(each)}" for key, each in culprits.items())
            pair = "If a key requires one choice of another key, write: when = { KEY = CHOICE }"
            raise InvalidValueError(
                f"the search space contains {values}: {exc.problem}",
                hint=" ".join(filter(None, [exc.hint, pair if len(culprits) > 1 else ""])),
            ) from exc
    return plan_of({})


def _minimal_conflict(
    setting: Values, problem: str, plan_of: Callable[[Mapping[str, Any]], Plan]
) -> Values:
    """Return the one or two values of a setting that cause a problem on their own."""
    # The values that a pair shows need not be at fault: the others are in the setting, too.
    for count in (1, 2):
        for some in itertools.combinations(setting.items(), count):
            try:
                plan_of(unflatten(dict(some)))
            except InvalidValueError as exc:
                if exc.problem == problem:
                    return dict(some)
    return {}


def plan_values(plan: Plan, keys: Iterable[str]) -> Values:
    """Return a plan's values of some keys as JSON values."""
    recipe, config = plan.recipe.json_values(), plan.config.model_dump(mode="json")
    return {
        key: config[key.removeprefix(MODEL)] if key.startswith(MODEL) else recipe[key]
        for key in keys
    }
