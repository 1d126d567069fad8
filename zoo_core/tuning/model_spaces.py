"""The search spaces of a model, checked against what a plan allows."""

from __future__ import annotations

import itertools
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo

from zoo_core.errors import DataError, InvalidValueError, UnknownNameError, did_you_mean, join_names
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.recipe import Recipe
from zoo_core.recipes.validation import validate
from zoo_core.training.plan import Plan, make_plan
from zoo_core.tuning.search_space import Range, Space, Values

MODEL = "model."
"""What stands before the keys of a model's config."""

UNSEARCHABLE = frozenset({"dataset", "seed", "split_seed", "validation", "held_out"})
"""Recipe fields that decide what scores are counted on, or are luck."""


def spaces_of(entry: Entry[ModelSpec]) -> Mapping[str, Mapping[str, Any]]:
    """Return the search spaces that a model offers, by name."""
    return entry.resolve(entry.spec.spaces) if entry.spec.spaces else {}


def find_space(entry: Entry[ModelSpec], given: str | None, *, grid: bool = False) -> Space:
    """Return a model's search space, with what a user's file says over it.

    Args:
        entry: the model.
        given: name of one of its spaces, or path of a ``.toml`` file; None for ``default``.
        grid: whether None means ``grid`` instead.

    Raises:
        UnknownNameError: the model has no such space.
        DataError: the file cannot be read.
        InvalidValueError: a key or a value is not allowed.
    """
    spaces, usual = spaces_of(entry), "grid" if grid else "default"
    if given is not None and given.endswith(".toml"):
        written = _read(Path(given))
        what = f"search space {given}"
        inherit = written.pop("inherit", not grid and usual in spaces)
        if not isinstance(inherit, bool):
            raise InvalidValueError(f"inherit of the {what} must be true or false, got {inherit!r}")
        base = flatten(_named_space(entry, spaces, usual), what) if inherit else {}
        return _space(base | flatten(written, what), entry, what)
    name = given or usual
    what = f"search space {name!r} of model {entry.spec.name!r}"
    return _space(flatten(_named_space(entry, spaces, name), what), entry, what)


def overrides(entry: Entry[ModelSpec], space: Space, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a trial changes of its recipe, for `zoo_core.training.plan.make_plan`.

    A key that is searched, and has no value here since its ``when`` does not hold, has its field's
    default.
    """
    fields = known_fields(entry)
    unset = {key: _default_of(fields[key]) for key in space.ranges.keys() - values.keys()}
    return unflatten({**space.fixed, **unset, **values})


def unflatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"lr": 0.1, "model": {"hidden": [64]}}`` for such values by key."""
    outer = {key: value for key, value in values.items() if not key.startswith(MODEL)}
    model = {k.removeprefix(MODEL): v for k, v in values.items() if k.startswith(MODEL)}
    return {**outer, "model": model} if model else outer


def flatten(written: Mapping[str, Any], what: str) -> Values:
    """Return the values of a recipe or a space by key, those of its ``model`` beside the others.

    Raises:
        InvalidValueError: ``model`` is no table.
    """
    model = written.get("model", {})
    if not isinstance(model, Mapping):
        raise InvalidValueError(f"model of the {what} must be a table, got {json.dumps(model)}")
    outer = {key: value for key, value in written.items() if key != "model"}
    return outer | {MODEL + key: value for key, value in model.items()}


def known_fields(entry: Entry[ModelSpec]) -> dict[str, FieldInfo]:
    """Return every field that a space can have: the recipe's, and those of the model's config."""
    config: type[ModelConfig] = entry.resolve(entry.spec.config)
    own = config.model_fields.keys() - ModelConfig.model_fields.keys()
    recipe = {key: info for key, info in Recipe.model_fields.items() if key != "model"}
    return recipe | {MODEL + key: config.model_fields[key] for key in sorted(own)}


def _named_space(
    entry: Entry[ModelSpec], spaces: Mapping[str, Mapping[str, Any]], name: str
) -> Mapping[str, Any]:
    if name not in spaces:
        known = f"Search spaces it has: {join_names(spaces)}."
        raise UnknownNameError(
            f"model {entry.spec.name!r} has no search space {name!r}",
            hint=f"{did_you_mean(name, spaces)} {known} Or name a file: --space FILE.toml".strip(),
        )
    return spaces[name]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise DataError(f"search space {path} cannot be read: {exc}") from exc


def _space(written: Mapping[str, Any], entry: Entry[ModelSpec], what: str) -> Space:
    rest = dict(written)
    recipe, one_at_a_time = rest.pop("recipe", None), rest.pop("one_at_a_time", False)
    if not isinstance(recipe, str | None) or not isinstance(one_at_a_time, bool):
        raise InvalidValueError(
            f"recipe of the {what} must be a recipe's name and one_at_a_time true or false, "
            f"got {recipe!r} and {one_at_a_time!r}"
        )
    fields = known_fields(entry)
    ranges: dict[str, Range] = {}
    for key, value in rest.items():
        _check_key(key, fields, what)
        if isinstance(value, Mapping):
            each = validate(Range, value, what=f"range of {key} in the {what}")
            ranges[key] = _floats(each, fields[key])
    fixed = {key: value for key, value in rest.items() if key not in ranges}
    _check_searched(ranges, what)
    ordered = sorted(ranges.items(), key=lambda item: bool(item[1].when))
    return Space(dict(ordered), fixed, recipe, one_at_a_time)


def _check_key(key: str, fields: Mapping[str, FieldInfo], what: str) -> None:
    if key not in fields:
        hint = f"{did_you_mean(key, fields)} Keys there are: {join_names(fields)}."
        raise InvalidValueError(f"the {what} has an unknown key {key!r}", hint=hint.strip())


def _check_searched(ranges: Mapping[str, Range], what: str) -> None:
    if not ranges:
        raise InvalidValueError(
            f"the {what} has no range: there is nothing to search",
            hint="For instance: lr = { low = 0.001, high = 0.1, log = true }",
        )
    for key in sorted(ranges.keys() & UNSEARCHABLE):
        raise InvalidValueError(
            f"the {what} searches {key}, which decides what scores are counted on, or is luck: "
            "trials would not compare",
            hint=f"Give it one value, or leave it out: {key} = …",
        )
    for key, each in ranges.items():
        for other, value in each.when.items():
            there = ranges.get(other)
            if there is None or there.when or value not in there.choices:
                raise InvalidValueError(
                    f"{key} of the {what} has when = {{{other} = {json.dumps(value)}}}, and "
                    f"{json.dumps(value)} is no choice of a key {other!r} without a when"
                )


def _floats(each: Range, info: FieldInfo) -> Range:
    """Return a range with ends that are floats, where the field takes them."""
    if each.choices or float not in (info.annotation, *get_args(info.annotation)):
        return each
    ends = {key: getattr(each, key) for key in ("low", "high", "step")}
    return each.model_copy(update={k: None if v is None else float(v) for k, v in ends.items()})


def _default_of(info: FieldInfo) -> Any:
    """Return a field's default as JSON has it."""
    value = info.get_default(call_default_factory=True)
    return list(value) if isinstance(value, tuple) else value


def check_space(
    catalog: Catalog,
    name: str,
    space: Space,
    recipe: str,
    given: Iterable[Mapping[str, Any]] = (),
) -> Plan:
    """See that every value of a space, and every two of them, make a training that can begin.

    Args:
        catalog: what is installed.
        name: of the model.
        space: one of its search spaces.
        recipe: that the search begins from.
        given: values over the recipe's.

    Returns:
        The plan of the recipe itself, with the values that the space fixes.

    Raises:
        InvalidValueError: a value is not allowed, or two do not go together.
    """
    entry, given = catalog.model(name), list(given)
    make_plan(catalog, name, recipe, given)  # because a fault of these is not the space's

    def plan_of(changes: Mapping[str, Any]) -> Plan:
        return make_plan(catalog, name, recipe, [*given, unflatten(space.fixed), changes])

    for shown, setting in space.pairs():
        try:
            plan_of(overrides(entry, space, setting))
        except InvalidValueError as exc:
            culprits = _minimal_conflict(setting, exc.problem, plan_of) or shown
            asked = " and ".join(f"{key} = {json.dumps(value)}" for key, value in culprits.items())
            two = 'Where a key belongs to one choice of another, say so: when = { … = "…" }'
            raise InvalidValueError(
                f"the search space has {asked}, which cannot be: {exc.problem}",
                hint=" ".join(filter(None, [exc.hint, two if len(culprits) > 1 else ""])),
            ) from exc
    return plan_of({})


def _minimal_conflict(
    setting: Values, problem: str, plan_of: Callable[[Mapping[str, Any]], Plan]
) -> Values:
    """Return the one value, or else the two, that alone make the same problem."""
    for count in (1, 2):
        for some in itertools.combinations(setting.items(), count):
            try:
                plan_of(unflatten(dict(some)))
            except InvalidValueError as exc:
                if exc.problem == problem:
                    return dict(some)
    return {}


def plan_values(plan: Plan, keys: Iterable[str]) -> Values:
    """Return the values that a plan has for some keys, as JSON has them."""
    recipe, config = plan.recipe.json_values(), plan.config.model_dump(mode="json")
    return {
        key: config[key.removeprefix(MODEL)] if key.startswith(MODEL) else recipe[key]
        for key in keys
    }
