"""Imports point one way through the core, and the plugins stay outside its border."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "zoo_core"

LAYERS = [
    "cli",
    "api",
    "model_info",
    "testing",
    "installation",
    "hookspecs",
    "publishing",
    "evaluation",
    "tuning",
    "pretrained",
    "training",
    "frameworks",
    "weights",
    "data",
    "recipes",
    "registry",
    "plugins",
    "system",
    "metrics",
    "errors",
    "filenames",
    "version",
]
"""The packages and files of the core: each may import those below it, and none above."""

FACADES = {"__init__", "__main__", "plugin_api"}
"""What users and plugins import, which may name everything."""


def is_module(name):
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def imported_modules(path):
    """Yield every module that a file imports: in functions and for the type checker too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if is_module(name) else node.module for name in names)


def core_modules():
    """Return dotted name -> path of every file of the core that is not a facade."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(CORE.rglob("*.py"))
        if path.parent != CORE or path.stem not in FACADES
    }


def imports_of(path, known):
    """Return the known modules that a file imports; a package's name stands for its own file."""
    return {name for name in imported_modules(path) if name in known and known[name] != path}


def test_no_file_of_the_core_is_in_a_cycle():
    known = core_modules()
    try:
        TopologicalSorter({name: imports_of(path, known) for name, path in known.items()}).prepare()
    except CycleError as exc:
        pytest.fail(" → ".join(exc.args[1]))


@pytest.mark.parametrize("name", core_modules())
def test_a_core_module_imports_only_the_layers_below(name):
    known = core_modules()
    own = name.split(".")[1]
    for other in imports_of(known[name], known):
        layer = other.split(".")[1]
        below = layer == own or LAYERS.index(layer) > LAYERS.index(own)
        assert below, f"{known[name]} imports {other}"


def test_every_module_of_the_core_has_a_layer():
    assert {name.split(".")[1] for name in core_modules()} == set(LAYERS)
