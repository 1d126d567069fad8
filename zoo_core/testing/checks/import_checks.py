"""Checks of a plugin's import, in a fresh interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.check import ContractError, expect
from zoo_core.testing.checks.static_checks import plugin_of

ALLOWED = {"zoo_core", "pluggy"}
"""Packages that any plugin's module may import."""


MAX_NAMES = 3
"""Maximum number of imported packages that a message names per line."""


@dataclass(frozen=True)
class ImportEffects:
    """The side effects of importing a plugin's module.

    Attributes:
        modules: imported modules, in order, each with the line of the plugin that imports it.
        files: files that were written, created or removed.
        reached: attempted connections and processes.
        printed: text on standard output and standard error.
    """

    modules: dict[str, str]
    files: list[str]
    reached: list[str]
    printed: str


# Every `zoo` command imports the modules of all plugins whenever the plugin index is out of date.
def imports_nothing_heavy(catalog: Catalog, name: str) -> None:
    """Check that the module imports the standard library, the core and required plugins only."""
    own = _module(catalog, name).partition(".")[0]
    cheap = sys.stdlib_module_names | ALLOWED | {own} | _required_packages(catalog, name)
    heavy: dict[str, list[str]] = {}
    for module, line in import_module(catalog, name).modules.items():
        # Names with an underscore are the standard library's for one platform: _sysconfigdata_….
        if "." not in module and module not in cheap and not module.startswith("_"):
            heavy.setdefault(line, []).append(module)
    if len(heavy) > 1:
        heavy.pop("", None)  # made by an extension module of one of the others
    # A few per line, because one import has many others as a consequence: torch imports sympy, …
    found = [
        ", ".join([*names[:MAX_NAMES], *["…"] * (len(names) > MAX_NAMES)])
        + f" ({line})" * bool(line)
        for line, names in heavy.items()
    ]
    expect(
        not heavy,
        f"importing its module imports {', '.join(found)}: move the code that needs them to other "
        "modules, behind import strings",
    )


def prints_nothing(catalog: Catalog, name: str) -> None:
    """Check that importing the module prints nothing."""
    # A line on stdout would break the JSON of every command.
    printed = import_module(catalog, name).printed
    expect(not printed, f"importing its module prints {printed[:200]!r}")


def writes_nothing(catalog: Catalog, name: str) -> None:
    """Check that importing the module writes, creates and removes no file."""
    files = import_module(catalog, name).files
    expect(not files, f"importing its module writes {', '.join(files)}")


def opens_no_connection(catalog: Catalog, name: str) -> None:
    """Check that importing the module opens no connection and starts no process."""
    reached = import_module(catalog, name).reached
    expect(not reached, f"importing its module calls {', '.join(reached)}")


@lru_cache(maxsize=1)  # four checks, one process
def import_module(catalog: Catalog, name: str) -> ImportEffects:
    """Import a plugin's module in a fresh interpreter, and return the side effects."""
    module = _module(catalog, name)
    path = os.pathsep.join(filter(None, sys.path))  # so that it finds the same plugins
    with tempfile.TemporaryDirectory() as folder:
        # A file, because standard output belongs to what the module prints.
        report = Path(folder) / "report.json"
        # -B: no .pyc files, which would count as written. -P: no modules of the working directory.
        program = Path(__file__).parent.with_name("import_probe.py")
        command = [sys.executable, "-B", "-P", str(program)]
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
    # An attempted connection is refused by the probe; the failure is then its consequence.
    expect(not failure or found["reached"], f"importing {module} failed: {failure}")
    return ImportEffects(**found, printed=done.stdout + done.stderr)


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
    # Of "zoo-x = zoo_x.plugin" or "zoo-x = zoo_x.plugin:attribute".
    return plugin_of(catalog, name).entry_point.rpartition("= ")[2].partition(":")[0]


SIDE_EFFECT_CHECKS = (prints_nothing, writes_nothing, opens_no_connection)
"""Checks that need `imports_nothing_heavy`, because a framework writes files, too."""
