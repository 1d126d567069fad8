"""Read-only view of a config that was already validated, without importing pydantic.

The plugin's pydantic class validated the config of a published weight file when it was published.
The same version of the plugin, or one with the same config (`ModelSpec.same_config`), builds the
model from the values alone, if they are plain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo_core.recipes.model_config import ModelConfig


# Kept because importing pydantic and validating takes as long as all the rest of a load by name:
# 1.9 times the CPU with pydantic alone (numpy-net, first load of a process, median of 15).
class ConfigView:
    """A config's values as attributes, backed by the config itself for any other attribute.

    Args:
        values: values from JSON; lists become tuples.
        real: function that returns the config of the plugin's class.
    """

    def __init__(self, values: Mapping[str, Any], real: Callable[[], ModelConfig]) -> None:
        self._values = attributes(values)
        self._real = real

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            return getattr(self._real(), name)  # a property or method of the plugin's class

    def __repr__(self) -> str:
        return f"ConfigView({self._values!r})"


def attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config's JSON values by the names of its attributes; lists become tuples."""
    # Because JSON leaves out the defaults of newer fields, and `outputs` has an older name there.
    defaults = {"tasks": (), "vocabulary_size": 0, "outputs": values.get("classes", ())}
    return {key: _to_tuples(value) for key, value in {**defaults, **values}.items()}


def is_plain(config: ModelConfig) -> bool:
    """Return whether `ConfigView` of a config's JSON values has the config's own values."""
    stored = attributes(config.model_dump(mode="json"))
    own = dict(config)
    return own.keys() <= stored.keys() and all(_same(stored[key], own[key]) for key in own)


def _to_tuples(value: Any) -> Any:
    return tuple(map(_to_tuples, value)) if isinstance(value, list) else value


def _same(stored: Any, value: Any) -> bool:
    if isinstance(stored, tuple) and isinstance(value, tuple):
        return len(stored) == len(value) and all(map(_same, stored, value))
    plain = stored is None or isinstance(stored, bool | int | float | str)
    # The types are compared, because True == 1 == 1.0, and an enum may equal its string.
    return plain and type(stored) is type(value) and bool(stored == value)
