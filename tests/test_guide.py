"""Generated parts of the pages in docs match the code."""

import importlib.util
import re
from pathlib import Path

import pytest

from zoo_core.metrics.task import Task
from zoo_core.plugins.plugin import Status
from zoo_core.plugins.specs import KINDS
from zoo_core.system.environment import VARIABLES

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "plugins.md").read_text()


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_parts_of_docs_match_source(reference):
    pages = {page.stem: page for page in reference.pages()}
    assert {"plugins", "architecture", "objects", "recipe", "names"} <= pages.keys()
    for page in pages.values():
        text = page.read_text()
        assert reference.filled(text) == text, f"{page}: python docs/reference.py"
        empty = [line for line in text.splitlines() if line.startswith("| `") and "|  |" in line]
        assert not empty, f"{page}: every field has its meaning, every file its phrase"


def test_every_spec_has_its_table_in_docs(reference):
    shown = "".join(page.read_text() for page in reference.pages())
    for kind, spec in KINDS.items():
        assert f"<!-- spec {spec.__name__}:" in shown, kind


def test_page_of_tasks_lists_every_method():
    rows = re.findall(r"^\| (.*?) \|", (DOCS / "plugins" / "task.md").read_text(), re.MULTILINE)
    names = {name for row in rows for name in re.findall(r"`(\w+)", row)}
    assert {name for name in vars(Task) if not name.startswith("_")} <= names


def test_architecture_page_names_existing_paths():
    text = (DOCS / "architecture.md").read_text()
    paths = set(re.findall(r"`((?:zoo_core|plugins|tests|benchmarks|docs)/[\w./-]*)`", text))
    assert len(paths) > 200
    assert not [path for path in paths if not (DOCS.parent / path).exists()]


def test_guide_lists_every_status_and_variable():
    for name in Status:
        assert f"\n| {name} | " in GUIDE
    for name in VARIABLES:
        assert f"\n| `{name}` | " in GUIDE
