"""A search space's ranges as Optuna keeps them: its choices are plain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from optuna import Trial

from zoo_core.plugin_api import Range, Space, Values

DIGITS = 3
"""Significant digits of a number that is tried: more would not matter, and recipes are read."""

Plain = str | int | float | bool | None


def suggest(trial: Trial, space: Space) -> Values:
    """Let a trial's sampler choose a value for each key."""
    return space.assign(lambda key, each: _from_plain(_suggest_one(trial, key, each), each))


def trial_values(params: Mapping[str, Any], space: Space) -> Values:
    """Return the values that a trial's parameters in Optuna stand for."""
    ranges = space.ranges.items()
    return {key: _from_plain(params[key], each) for key, each in ranges if key in params}


def params_of(values: Mapping[str, Any], space: Space) -> dict[str, Plain]:
    """Return values as a trial's parameters in Optuna."""
    return {key: _to_plain(_choice(value, space.ranges[key])) for key, value in values.items()}


def _suggest_one(trial: Trial, key: str, each: Range) -> Plain:
    low, high, step = each.low, each.high, each.step
    if low is None or high is None:
        plain: Plain = trial.suggest_categorical(key, [_to_plain(c) for c in each.choices])
        return plain
    if isinstance(low, int) and isinstance(high, int) and isinstance(step, int | None):
        return trial.suggest_int(key, low, high, step=step or 1, log=each.log)
    return trial.suggest_float(key, low, high, step=step, log=each.log)


def _choice(value: Any, each: Range) -> Any:
    """Return the choice that a config's value is; see `equal_values`."""
    return next((choice for choice in each.choices if [choice] == value), value)


def _to_plain(value: Any) -> Plain:
    return value if isinstance(value, Plain) else json.dumps(value)


def _from_plain(plain: Any, each: Range) -> Any:
    low, high = each.low, each.high
    if isinstance(plain, float) and low is not None and high is not None:
        return min(max(float(f"{plain:.{DIGITS}g}"), float(low)), float(high))
    return next((choice for choice in each.choices if _to_plain(choice) == plain), plain)
