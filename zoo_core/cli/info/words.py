"""Words for values: settings, inputs, sizes and names of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zoo_core.plugins.data_specs import InputSpec, TargetSpec
from zoo_core.text import counted

MAX_NAMES = 12
"""Maximum number of names in a list."""


def value_text(value: Any) -> str:
    """Return a JSON value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_none(value):
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name_text(str(key))} {value_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(value_text, value))
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def is_none(value: Any) -> bool:
    """Return True for None and for empty text, lists and mappings."""
    return value is None or (not isinstance(value, int | float) and not value)


def name_text(key: str) -> str:
    """Return ``batch size`` for ``batch_size`` and ``hidden`` for ``model.hidden``."""
    return key.removeprefix("model.").replace("_", " ")


def setting_text(key: str, value: Any) -> str:
    """Return ``lr 0.01``, ``channels 16, 48``, ``batch norm`` or ``no batch norm``."""
    name = name_text(key)
    if isinstance(value, bool):
        return name if value else f"no {name}"
    return f"no {name}" if is_none(value) else f"{name} {value_text(value)}"


def settings_text(settings: Mapping[str, Any]) -> str:
    """Return settings on one line, separated by semicolons, as values may have commas."""
    return "; ".join(setting_text(key, value) for key, value in settings.items())


def names_text(names: Sequence[str], most: int = MAX_NAMES) -> str:
    """Return the first names, and the number of the others."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def shape_text(shape: Sequence[int]) -> str:
    """Return ``1×28×28``."""
    return "×".join(map(str, shape))


def bytes_text(size: int) -> str:
    """Return a number of bytes as ``12.3 MB``."""
    value, units = float(size), ["bytes", "kB", "MB", "GB", "TB"]
    while value >= 1000 and units[1:]:
        value /= 1000
        units.pop(0)
    return f"{value:.3g} {units[0]}"


def input_text(spec: InputSpec) -> str:
    """Return the inputs of a data set in words."""
    match spec.kind:
        case "image":
            channels, height, width = spec.shape
            colors = {1: ", gray", 3: ", RGB"}.get(channels, f", {channels} channels")
            return f"images of {height}×{width} pixels{colors}"
        case "features":
            return f"{counted(spec.shape[0] if spec.shape else 1, 'feature')}, {spec.dtype}"
        case "tokens":
            tokens = counted(spec.size, "token")
            return f"sequences of {shape_text(spec.shape)} tokens, of {tokens} in all"
    return f"arrays of {shape_text(spec.shape)} numbers, {spec.dtype}"


def target_text(target: TargetSpec) -> str:
    """Return the values that a head is trained to return, in words."""
    chosen = f"exactly {target.choose} of " if target.choose else ""
    if target.classes:
        return f"{chosen}{target.size:,} classes: {names_text(target.classes)}"
    if target.size:
        return f"{chosen}{target.size:,} classes"
    shape = f" of {shape_text(target.shape)}" if target.shape else ""
    return f"{counted(target.values, 'number')}{shape}{target.unit and f' in {target.unit}'}"
