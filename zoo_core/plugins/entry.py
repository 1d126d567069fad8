"""A catalog entry: a spec and the plugin that offers it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from zoo_core.errors import PluginError, ZooError, one_line
from zoo_core.plugins.plugin import Plugin
from zoo_core.plugins.specs import Spec
from zoo_core.system.gc_pause import gc_paused

S = TypeVar("S", bound=Spec)


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
            PluginError: the import failed with any exception of the plugin's code.
        """
        module, _, attribute = import_string.partition(":")
        try:
            with gc_paused():  # the module may import a framework
                return getattr(importlib.import_module(module), attribute)
        except ZooError:
            raise  # raised on purpose, with a hint of its own
        except Exception as exc:
            raise PluginError(
                f"plugin {self.plugin.distribution} {self.plugin.version} is not usable: "
                f"importing {import_string} of {self.spec.name!r} failed: {one_line(exc)}",
                hint=f"Fix or reinstall {self.plugin.distribution}.",
            ) from exc
