"""Checks of a plugin's import, in a fresh interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.check import ContractError, expect
from zoo_core.testing.static_checks import plugin_of

ALLOWED = {"zoo_core", "pluggy"}
"""Packages that a plugin's module may import, besides the standard library, its own package and
those of plugins that its distribution requires."""


@dataclass(frozen=True)
class Imported:
    """What importing a plugin's module did.

    Attributes:
        modules: that were imported.
        files: that were written, made or removed.
        reached: connections and processes that were asked for.
        printed: on standard output and standard error.
    """

    modules: list[str]
    files: list[str]
    reached: list[str]
    printed: str


def imports_nothing_heavy(catalog: Catalog, name: str) -> None:
    """The plugin's module imports the standard library, ``zoo_core`` and required plugins only."""
    own = _module(catalog, name).partition(".")[0]
    cheap = sys.stdlib_module_names | ALLOWED | {own} | _required_packages(catalog, name)
    tops = {module.partition(".")[0] for module in import_module(catalog, name).modules}
    # Underscored ones are the standard library's own for this system: _sysconfigdata_….
    heavy = sorted(top for top in tops - cheap if not top.startswith("_"))
    expect(
        not heavy,
        f"importing its module imports {', '.join(heavy)}: put what needs them behind import "
        "strings, in other modules",
    )


def prints_nothing(catalog: Catalog, name: str) -> None:
    """Importing the plugin's module prints nothing."""
    printed = import_module(catalog, name).printed
    expect(not printed, f"importing its module prints {printed[:200]!r}")


def writes_nothing(catalog: Catalog, name: str) -> None:
    """Importing the plugin's module writes, makes and removes no file."""
    files = import_module(catalog, name).files
    expect(not files, f"importing its module writes {', '.join(files)}")


def reaches_nobody(catalog: Catalog, name: str) -> None:
    """Importing the plugin's module opens no connection and starts no process."""
    reached = import_module(catalog, name).reached
    expect(not reached, f"importing its module asks for {', '.join(reached)}")


def import_module(catalog: Catalog, name: str) -> Imported:
    """Import a plugin's module in a fresh interpreter, and return what that did."""
    module = _module(catalog, name)
    path = os.pathsep.join(filter(None, sys.path))  # so that it finds the same plugins
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-B", "-P", str(Path(__file__).with_name("import_probe.py"))]
        done = subprocess.run(
            [*command, module, str(report)],
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            raise ContractError(f"importing {module} ends the process with {done.returncode}")
        found = json.loads(report.read_text())
    failure = found.pop("failure")
    expect(not failure or found["reached"], f"importing {module} failed: {failure}")
    return Imported(**found, printed=done.stdout + done.stderr)


def _required_packages(catalog: Catalog, name: str) -> set[str]:
    """Return the packages of the installed plugins that a plugin's distribution requires."""
    required = {canonicalize_name(Requirement(text).name) for text in requires(name) or ()}
    plugins = (plugin.distribution for plugin in catalog.plugins)
    return {
        _module(catalog, plugin).partition(".")[0]
        for plugin in plugins
        if canonicalize_name(plugin) in required
    }


def _module(catalog: Catalog, name: str) -> str:
    return plugin_of(catalog, name).entry_point.rpartition("= ")[2].partition(":")[0]


IMPORT_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "imports nothing heavy": imports_nothing_heavy,
    "prints nothing": prints_nothing,
    "writes nothing": writes_nothing,
    "reaches nobody": reaches_nobody,
}
