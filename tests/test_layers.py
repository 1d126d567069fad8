"""Layers: imports have one direction, in the core and from plugins to its facades."""

import ast
import importlib
import re
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from packaging.requirements import Requirement

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
    "training",
    "pretrained",
    "frameworks",
    "weights",
    "data",
    "recipes",
    "registry",
    "tasks",
    "metrics",
    "plugins",
    "system",
    "errors",
    "names",
    "table",
    "text",
    "filenames",
    "version",
]
"""The packages and files of the core; each may import those below it."""

FACADES = {"__init__", "__main__", "plugin_api"}
"""Facades, which users and plugins import; they may import everything."""


PLUGINS = [*sorted(ROOT.glob("plugins/*/zoo_*")), ROOT / "registry" / "zoo_registry"]
"""The packages of the plugins, next to their pyproject.toml."""

IMPORT_STRING = re.compile(r"(zoo_\w+(?:\.\w+)*):(\w*)")


def imported_names(path):
    """Yield every dotted name that a file imports, including imports in functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def import_strings(path):
    """Yield the dotted name in every import string of a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            matched = IMPORT_STRING.fullmatch(node.value)
            yield from [".".join(matched.groups())] if matched else []


def core_modules():
    """Return dotted name -> path of every file of the core except facades."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(CORE.rglob("*.py"))
        if path.parent != CORE or path.stem not in FACADES
    }


def plugin_modules(package):
    """Return dotted name -> path of every file of a plugin."""
    return {
        ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for path in sorted(package.rglob("*.py"))
    }


def imports_of(path, known):
    """Return the known modules that a file imports; a package is represented by its __init__."""
    names = imported_names(path)
    modules = {name if name in known else name.rpartition(".")[0] for name in names}
    return {name for name in modules if name in known and known[name] != path}


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(core_modules(), id="zoo_core"),
        *(pytest.param(plugin_modules(package), id=package.name) for package in PLUGINS),
    ],
)
def test_modules_have_no_import_cycle(known):
    try:
        TopologicalSorter({name: imports_of(path, known) for name, path in known.items()}).prepare()
    except CycleError as exc:
        pytest.fail(" → ".join(exc.args[1]))


def test_core_modules_import_only_lower_layers():
    known = core_modules()
    for name, path in known.items():
        own = name.split(".")[1]
        for other in imports_of(path, known):
            layer = other.split(".")[1]
            below = layer == own or LAYERS.index(layer) > LAYERS.index(own)
            assert below, f"{path} imports {other}"


def test_core_imports_no_task():
    # The tasks are offered by hooks, as those of any plugin are, so that none is special.
    for name, path in core_modules().items():
        if not name.startswith("zoo_core.tasks"):
            found = [other for other in imported_names(path) if "zoo_core.tasks" in other]
            assert not found, f"{path} imports {found}"


def test_layers_cover_every_core_module():
    assert {name.split(".")[1] for name in core_modules()} == set(LAYERS)


@pytest.mark.parametrize("package", PLUGINS, ids=lambda package: package.name)
def test_plugin_imports_only_public_names_of_dependencies(package):
    project = tomllib.loads((package.parent / "pyproject.toml").read_text())["project"]
    dependencies = {Requirement(text).name.replace("-", "_") for text in project["dependencies"]}
    for path in sorted(package.rglob("*.py")):
        for name in [*imported_names(path), *import_strings(path)]:
            top, *inner = name.split(".")
            if top.startswith("zoo_") and top != package.name:
                assert top in dependencies, f"{path} imports {name}"
                assert not any(part.startswith("_") for part in inner), f"{path} imports {name}"


def test_core_imports_no_plugin_or_framework():
    for path in CORE.rglob("*.py"):
        for name in imported_names(path):
            top = name.split(".")[0]
            assert top not in ("torch", "torchvision"), f"{path} imports {name}"
            assert top == "zoo_core" or not top.startswith("zoo_"), f"{path} imports {name}"


def plugin_files():
    """Return the files of the repository's plugins, and of those that `zoo new` writes."""
    patterns = ("plugins/*/zoo_*/**/*.py", "registry/zoo_*/*.py")
    templates = "zoo_core/plugins/templates/**/*.py.txt"
    return sorted(path for pattern in (*patterns, templates) for path in ROOT.glob(pattern))


BORDER = {"zoo_core", "zoo_core.plugin_api"}


def test_plugins_import_only_facades_of_core():
    for path in plugin_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "zoo_core":
                assert node.module in BORDER, f"{path} imports from {node.module}"
            if isinstance(node, ast.Import):
                inner = [alias.name for alias in node.names if alias.name.startswith("zoo_core.")]
                assert not inner, f"{path} imports {inner}"


@pytest.mark.parametrize("page", ["README.md", "docs/plugins.md", "docs/plugins/*.md"])
def test_docs_import_only_facades_of_core(page):
    text = "".join(path.read_text() for path in ROOT.glob(page))
    assert set(re.findall(r"^\s*from (zoo_core\S*) import", text, re.MULTILINE)) <= BORDER


def test_plugin_modules_import_only_stdlib_and_specs():
    for path in plugin_files():
        if path.name.startswith("plugin.py"):
            check_cheap(path)


CHEAP = {"hookimpl", "class_targets", "Column"}
"""Names of the core that a plugin module may import beside the specs, as they are as cheap."""


def check_cheap(path):
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module == "zoo_core":
            names = {alias.name for alias in node.names}
            assert all(name in CHEAP or name.endswith("Spec") for name in names), names
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names or [node.module]:
                assert name.split(".")[0] in sys.stdlib_module_names, f"{path} imports {name}"


@pytest.mark.parametrize("facade", ["zoo_core", "zoo_core.plugin_api"])
def test_facade_provides_every_exported_name(facade):
    module = importlib.import_module(facade)
    assert all(getattr(module, name) is not None for name in module.__all__)


def test_imports_do_not_rename_project_names():
    for path in (*CORE.rglob("*.py"), *ROOT.glob("plugins/**/*.py"), *ROOT.glob("tests/**/*.py")):
        if path.parent == CORE and path.stem in FACADES:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.split("_")[0] == "zoo":
                renamed = [alias.name for alias in node.names if alias.asname]
                assert not renamed, f"{path} renames {renamed} of {node.module}"


def test_folders_hold_at_most_15_modules():
    for folder in {path.parent for path in (*CORE.rglob("*.py"), *plugin_files())}:
        if folder != CORE / "cli" / "commands":
            assert len(list(folder.glob("*.py"))) <= 15, folder
