"""Read-only view of a config that was already validated, without importing pydantic.

The config in a published weight file was validated by the plugin's pydantic class when the weights
were made. Where the same version of the plugin builds the model again, and the values are plain
ones, the class has nothing to add; importing pydantic for it would take longer than all the rest
of a load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo_core.recipes.model_config import ModelConfig


class ConfigView:
    """Has a config's values as attributes; for anything else it becomes the config itself.

    Args:
        values: as JSON has them; lists become tuples.
        real: makes the config of the plugin's class.
    """

    def __init__(self, values: Mapping[str, Any], real: Callable[[], ModelConfig]) -> None:
        self._values = {key: _to_tuples(value) for key, value in values.items()}
        self._real = real

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            return getattr(self._real(), name)

    def __repr__(self) -> str:
        return f"SettledConfig({self._values!r})"


def is_plain(config: ModelConfig) -> bool:
    """Say whether `ConfigView` of a config's JSON values has the config's own values."""
    stored = config.model_dump(mode="json")
    return stored.keys() == dict(config).keys() and all(
        _same(_to_tuples(stored[key]), value) for key, value in dict(config).items()
    )


def _to_tuples(value: Any) -> Any:
    return tuple(map(_to_tuples, value)) if isinstance(value, list) else value


def _same(stored: Any, value: Any) -> bool:
    if isinstance(stored, tuple) and isinstance(value, tuple):
        return len(stored) == len(value) and all(map(_same, stored, value))
    plain = stored is None or isinstance(stored, bool | int | float | str)
    return plain and type(stored) is type(value) and bool(stored == value)
