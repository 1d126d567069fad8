"""A catalog entry: a spec and the plugin that offers it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from zoo_core.errors import PluginError, ZooError
from zoo_core.plugins.plugin import Plugin
from zoo_core.plugins.specs import Spec
from zoo_core.system.gc_pause import gc_paused

if TYPE_CHECKING:
    from zoo_core.plugins.faults.failed_import import FailedImport

S = TypeVar("S", bound=Spec)
T = TypeVar("T")


@dataclass(frozen=True)
class Entry(Generic[S]):
    """A spec and the plugin that offers it."""

    spec: S
    plugin: Plugin

    @property
    def qualified_name(self) -> str:
        """Name that is unique among all plugins: ``distribution/name``."""
        return f"{self.plugin.distribution}/{self.spec.name}"

    def resolve(self, import_string: str) -> Any:
        """Import the object that an import string of the spec names.

        Raises:
            PluginError: the import failed with any exception of the plugin's code, or the object
                is not one that a spec may name.
        """
        module, _, attribute = import_string.partition(":")
        try:
            with gc_paused():  # the module may import a framework
                found = getattr(importlib.import_module(module), attribute)
        except ZooError:
            raise  # raised on purpose, with a hint of its own
        except Exception as exc:
            raise self._failed(import_string).error(exc) from exc
        # Here, because an object of another type would fail anywhere, far from the spec's line.
        for field, value in vars(self.spec).items():
            if value == import_string and (expected := _unmet(field, found)):
                raise self._failed(import_string).type_error(field, expected, found)
        return found

    def call(self, import_string: str, *arguments: Any, returns: type[T]) -> T:
        """Call the function that an import string of the spec names.

        Raises:
            PluginError: the import failed, or the function returned another type.
        """
        function = self.resolve(import_string)
        returned = function(*arguments)
        if not isinstance(returned, returns):
            raise self._failed(import_string).return_error(returns, returned, function)
        return returned

    def wrong_return(self, import_string: str, expected: str, got: str) -> PluginError:
        """Return the error for a function that returned another value than expected."""
        return self._failed(import_string).value_error(expected, got, self.resolve(import_string))

    def unfit(self, field: str, expected: str, found: Any) -> PluginError:
        """Return the error for an imported object that is not the one that a field expects."""
        return self._failed(getattr(self.spec, field)).type_error(field, expected, found)

    def _failed(self, import_string: str) -> FailedImport:
        # Imported here, because loading weights by name must be fast where nothing fails.
        from zoo_core.plugins.faults.failed_import import FailedImport

        return FailedImport(self.plugin, self.spec, import_string)


def _unmet(field: str, found: Any) -> str:
    """Return the expected type of an imported object; empty if it has that type."""
    if field in ("recipes", "spaces"):
        return "" if isinstance(found, Mapping) else "a dict"
    if field == "config":
        is_config = isinstance(found, type) and hasattr(found, "model_fields")
        return "" if is_config else "a subclass of zoo_core.ModelConfig"
    return "" if callable(found) else "a function or a class"
