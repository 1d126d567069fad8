"""Environments in which many distributions are installed, some of them plugins of zoo.

Each is a new virtual environment without pip. Its ``site-packages`` contains the crowd, and links
to the packages that `zoo list` imports. It contains nothing else, because the start-up cost of a
larger environment would hide that of the crowd.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

IMPORTED = ("zoo_core", "filelock", "pluggy")
"""Third-party packages that `zoo list` imports."""

LIST = ("-I", "-m", "zoo_core", "list")
"""Arguments of Python; -P, because a change in the current folder would invalidate the index."""

MODELS = 10
"""Number of models per plugin."""

MODULE = "def work(value: float) -> float:\n    return value + 1\n" * 40

PLUGIN = '''"""Specs of {name}."""

from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec


@hookimpl
def zoo_models() -> list[ModelSpec]:
    return [
        ModelSpec(
            name=f"{name}-{{i}}",
            summary=f"Model {{i}} of {name}: pixels, hidden layers, classes.",
            builder="{package}.model:build",
            config="{package}.config:Config",
            recipes="{package}.recipes:RECIPES",
            trainer="torch",
            dataset="mnist",
            license="MIT",
        )
        for i in range({models})
    ]
'''

METADATA = """Metadata-Version: 2.4
Name: {name}
Version: 1.0
Summary: One of a crowd
License-Expression: MIT
Requires-Python: >=3.11
Requires-Dist: numpy>=1.26
Description-Content-Type: text/markdown

"""

README = "What it does, how it is installed, how it is used, and who made it.\n" * 60


def prepare(folder: Path) -> None:
    """Make two environments: ``few``, with 5 plugins alone, and ``many``, with 100 among 1,000."""
    _environment(folder / "few", plugins=5, others=0)
    _environment(folder / "many", plugins=100, others=900)


def home(name: str) -> dict[str, str]:
    """Return the environment variables with which a contestant finds its index."""
    return {"ZOO_HOME": f"{{prepared}}/{name}/home"}


def _environment(folder: Path, *, plugins: int, others: int) -> None:
    """Make a virtual environment with a crowd, compiled by a first `zoo list` as pip would."""
    venv.create(folder, symlinks=True)
    variables = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", variables))
    for name in IMPORTED:
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.submodule_search_locations is not None
        (site / name).symlink_to(found.submodule_search_locations[0])
    for i in range(plugins):
        _install(site, f"zoo-crowd-{i:03}", plugin=True)
    for i in range(others):
        _install(site, f"other-{i:03}", plugin=False)
    listed = subprocess.run(
        [folder / "bin" / "python", *LIST],
        env={**os.environ, "ZOO_HOME": f"{folder}/home"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    assert len(listed.splitlines()) == 1 + MODELS * plugins


def _install(site: Path, name: str, *, plugin: bool) -> None:
    """Write a distribution into ``site-packages`` as pip does."""
    package = name.replace("-", "_")
    info = f"{package}-1.0.dist-info"
    modules = ("config", "model", "recipes") if plugin else ("__main__", "core", "tools")
    group, module = ("zoo.v1", "plugin") if plugin else ("console_scripts", "__main__:main")
    files = {
        f"{package}/__init__.py": "",
        **{f"{package}/{module}.py": MODULE for module in modules},
        f"{info}/METADATA": METADATA.format(name=name) + README,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[{group}]\n{name} = {package}.{module}\n",
        f"{info}/INSTALLER": "pip\n",
    }
    if plugin:
        code = PLUGIN.format(name=name, package=package, models=MODELS)
        files[f"{package}/plugin.py"] = code
    record = [_recorded(path, text) for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,\n"])
    for folder in (package, info):
        (site / folder).mkdir()
    for path, text in files.items():
        (site / path).write_text(text)


def _recorded(path: str, text: str) -> str:
    """Return the line of RECORD for a file."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return f"{path},sha256={digest.decode().rstrip('=')},{len(text)}"
