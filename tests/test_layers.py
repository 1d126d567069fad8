"""The arrows point one way, and the tree in the documentation is the tree."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each layer may import those before it, and modules of its own layer.
LAYERS = [
    {"errors", "paths", "environment", "randomness", "group", "cores", "signals", "collector"}
    | {"memory"},
    {"files", "locks", "specs"},
    {"settings", "plugin", "hookspecs"},
    {"selection"},
    {"builtin", "discovery"},
    {"loader"},
    {"catalog", "index", "listing"},
    {"config", "metrics", "mistakes", "validation", "images", "settled", "registry"},
    {"predictions", "installing", "doctor", "writing", "batches"},
    {"data", "recipe", "weights", "preprocessing", "space", "study", "views", "ensemble"},
    {"synthetic", "stored", "sampling", "schedule", "warp", "resolution", "card", "progress"},
    {"info"},
    {"run", "checkpoint", "page"},
    {"plan", "keeper"},
    {"trainer", "recorder", "spaces"},
    {"loop", "pretrained", "initial"},
    {"results", "building", "reading"},
    {"training", "trial", "loading", "testing"},
    {"evaluation", "publishing"},
    {"comparison"},
    {"api"},
    {"cli"},
]
PACKAGES = ("cli", "testing", "registry", "publishing")
LEVEL = {module: level for level, layer in enumerate(LAYERS) for module in layer}


def modules_imported(path, *, deferred):
    """Yield the modules that a file imports; inside functions too if `deferred`.

    What only a type checker imports does not count.
    """
    nodes = [ast.parse(path.read_text())]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.FunctionDef) and not deferred:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            yield node.module
            if node.module == "zoo_core":
                yield from (f"zoo_core.{alias.name}" for alias in node.names)
        nodes.extend(ast.iter_child_nodes(node))


def core_files():
    for path in sorted((ROOT / "zoo_core").rglob("*.py")):
        if path.stem not in ("__init__", "__main__") or path.parent.name in PACKAGES:
            yield path


@pytest.mark.parametrize("path", list(core_files()), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_core_module_imports_only_what_is_below_it(path):
    own = path.relative_to(ROOT / "zoo_core").with_suffix("").parts[0]
    for name in modules_imported(path, deferred=False):
        parts = name.split(".")
        module = ROOT / "zoo_core" / f"{parts[-1]}.py"
        assert len(parts) != 2 or not module.exists() or parts[1] in LEVEL, f"{name}: which layer?"
        if parts[0] == "zoo_core" and len(parts) > 1 and parts[1] in LEVEL:
            assert LEVEL[parts[1]] <= LEVEL[own], f"{path} imports {name}"


def test_the_core_imports_no_plugin_and_no_framework():
    for path in (ROOT / "zoo_core").rglob("*.py"):
        for name in modules_imported(path, deferred=True):
            top = name.split(".")[0]
            assert top not in ("torch", "torchvision"), f"{path} imports {name}"
            assert top == "zoo_core" or not top.startswith("zoo_"), f"{path} imports {name}"


def plugin_files():
    return sorted(ROOT.glob("plugins/*/zoo_*/**/*.py")) + sorted(ROOT.glob("registry/zoo_*/*.py"))


@pytest.mark.parametrize("path", plugin_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_plugin_imports_no_other_plugin(path):
    own = next(part for part in path.relative_to(ROOT).parts if part.startswith("zoo_"))
    for name in modules_imported(path, deferred=True):
        top = name.split(".")[0]
        assert not top.startswith("zoo_") or top in ("zoo_core", own), f"{path} imports {name}"


@pytest.mark.parametrize(
    "path",
    [path for path in plugin_files() if path.name == "plugin.py"],
    ids=lambda p: p.parent.name,
)
def test_a_plugin_module_is_cheap(path):
    for name in modules_imported(path, deferred=False):
        cheap = name in sys.stdlib_module_names or re.match(r"zoo_core\.(hookspecs|specs)\b", name)
        assert cheap, f"{path} imports {name}"


def test_every_source_file_stands_in_the_architecture():
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"[\w./-]+\.py", text))
    files = [*core_files(), *plugin_files()]
    for path in files:
        if path.name != "__init__.py":
            assert path.name in named, f"docs/architecture.md does not name {path}"
    existing = {path.name for path in ROOT.rglob("*.py")}
    for name in named:
        assert Path(name).name in existing, f"docs/architecture.md names {name}, which is not there"
