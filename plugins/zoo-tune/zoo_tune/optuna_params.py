"""Conversion between a search space's values and Optuna's parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from optuna import Trial

from zoo_core.plugin_api import Range, Space, Values

DIGITS = 3
"""Significant digits of a float that is tried, so that recipes stay legible."""

Plain = str | int | float | bool | None
"""A categorical choice that Optuna can store. Others, such as lists, are converted to JSON."""


def suggest(trial: Trial, space: Space) -> Values:
    """Let Optuna choose a trial's value for each key."""
    return space.assign(lambda key, each: _to_value(_suggest_one(trial, key, each), each))


def trial_values(params: Mapping[str, Any], space: Space) -> Values:
    """Return the values of a trial's parameters."""
    return {key: _to_value(params[key], space.ranges[key]) for key in space.ranges if key in params}


def params_of(values: Mapping[str, Any], space: Space) -> dict[str, Plain]:
    """Return a trial's parameters for values."""
    return {key: _to_plain(space.ranges[key].choice_of(each)) for key, each in values.items()}


def _suggest_one(trial: Trial, key: str, each: Range) -> Plain:
    low, high, step = each.low, each.high, each.step
    if low is None or high is None:
        plain: Plain = trial.suggest_categorical(key, [_to_plain(c) for c in each.choices])
        return plain
    if isinstance(low, int) and isinstance(high, int) and isinstance(step, int | None):
        return trial.suggest_int(key, low, high, step=step or 1, log=each.log)
    return trial.suggest_float(key, low, high, step=step, log=each.log)


def _to_plain(value: Any) -> Plain:
    return value if isinstance(value, Plain) else json.dumps(value)


def _to_value(plain: Any, each: Range) -> Any:
    if isinstance(plain, float) and each.low is not None and each.high is not None:
        # Rounding may leave the range, whose ends may have more digits.
        rounded = float(f"{plain:.{DIGITS}g}")
        return min(max(rounded, float(each.low)), float(each.high))
    return next((choice for choice in each.choices if _to_plain(choice) == plain), plain)
