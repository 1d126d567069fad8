"""docs/plugins.md and docs/architecture.md match the code. `.ci/run` runs the guide's commands."""

import importlib.util
import re
from pathlib import Path

import pytest

from zoo_core.plugins.plugin import Status
from zoo_core.plugins.scaffold import NewPlugin, write_plugin
from zoo_core.system.environment import VARIABLES

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "plugins.md").read_text()


def test_guide_shows_files_of_zoo_new(tmp_path):
    write_plugin(NewPlugin("tiny", "model", "torch"), tmp_path / "tiny")
    shown = dict(re.findall(r"^`(tiny/\S+)`\n\n```\w+\n(.*?)^```$", GUIDE, re.M | re.S))
    package = {f"tiny/zoo_tiny/{name}.py" for name in ("plugin", "config", "model")}
    assert shown.keys() == {"tiny/pyproject.toml"} | package
    for name, text in shown.items():
        assert text == (tmp_path / name).read_text()
    assert (tmp_path / "tiny" / "tests" / "test_conformance.py").read_text() in GUIDE


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["plugins.md", "architecture.md"])
def test_docs_tables_match_source(reference, page):
    text = (DOCS / page).read_text()
    assert reference.PAGES[page](text) == text, "python docs/reference.py"
    empty = [line for line in text.splitlines() if line.startswith("| `") and "|  |" in line]
    assert not empty, "every field has its meaning, every file its phrase"


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
