"""The errors of a failed import: an import string names nothing, or the wrong object.

Their hints name the line to edit where the plugin is installed as editable.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.errors import PluginError, one_line, singular
from zoo_core.plugins.faults.editable import is_editable
from zoo_core.plugins.faults.frames import line_of, own_frame
from zoo_core.plugins.faults.import_strings import field_of, missing_part
from zoo_core.plugins.plugin import Plugin
from zoo_core.plugins.specs import KINDS, Spec


@dataclass(frozen=True)
class FailedImport:
    """An import of which a step fails: finding, importing or calling the object.

    Attributes:
        plugin: the plugin.
        spec: a spec of the plugin.
        import_string: an import string of the spec.
    """

    plugin: Plugin
    spec: Spec
    import_string: str

    def error(self, exc: Exception) -> PluginError:
        """Return the error for an exception that importing the object raised."""
        # First, because the exception of a wrong import string does not mention the string.
        if isinstance(exc, ImportError | AttributeError) and (missing := self.missing_error()):
            return missing
        frame = own_frame(exc, self.import_string.partition(":")[0])
        where = f" at {frame}" if frame else ""
        problem = f"importing {self.import_string} failed{where}: {one_line(exc)}"
        if isinstance(exc, ModuleNotFoundError) and exc.name:
            name, package = self.plugin.distribution, exc.name.partition(".")[0]
            hint = f"Install the package of {package}, which {name} needs, or reinstall {name}."
            return self._error(problem, hint)
        return self._error(problem, self._edit(frame.place if frame else ""))

    def missing_error(self) -> PluginError | None:
        """Return the error if module or object do not exist; None if they do.

        A module that exists and fails, for instance because of its own imports, does exist.
        """
        if not (missing := missing_part(self.import_string)):
            return None
        return self._error(f"{self.import_string!r} does not exist: {missing}", self._edit())

    def type_error(self, field: str, expected: str, found: Any) -> PluginError:
        """Return the error for an object that is not the one that a field expects."""
        problem = f"expected {expected} at {self.import_string}, got {type(found).__name__}"
        return self._error(problem, self._edit(line_of(found)), field)

    def return_error(self, expected: type, returned: Any, function: Any) -> PluginError:
        """Return the error for an imported function that returned another type."""
        name = type(returned).__name__
        got = "None (a return statement is missing)" if returned is None else name
        return self.value_error(expected.__name__, got, function)

    def value_error(self, expected: str, got: str, function: Any) -> PluginError:
        """Return the error for an imported function that returned another value."""
        problem = f"expected {expected} from {self.import_string}, got {got}"
        return self._error(problem, self._edit(line_of(function)))

    def _error(self, problem: str, hint: str, field: str = "") -> PluginError:
        kind = next(singular(kind) for kind, cls in KINDS.items() if isinstance(self.spec, cls))
        field = field or field_of(self.spec, self.import_string)
        where = f"{kind} {self.spec.name!r} of {self.plugin}: {field}"
        return PluginError(f"{where}: {problem}", hint=hint)

    def _edit(self, place: str = "") -> str:
        """Return the hint for the plugin's author, or else its user.

        Args:
            place: file and line; empty for those of the import string.
        """
        name = self.plugin.distribution
        if not is_editable(name):
            return f"Upgrade or reinstall {name}."
        return f"Edit {place or declaration(self.plugin, self.import_string)}."


def declaration(plugin: Plugin, text: str) -> str:
    """Return file and line of a string in the module of a plugin's specs; the file if absent."""
    try:
        found = importlib.util.find_spec(plugin.module)
        file = found.origin if found else None
        lines = Path(file).read_text(encoding="utf-8").splitlines() if file else []
    except Exception:  # the location is an addition to another error, which must be reported
        return plugin.module
    for number, line in enumerate(lines, 1):
        if f'"{text}"' in line or f"'{text}'" in line:
            return f"{file}:{number}"
    return file or plugin.module
