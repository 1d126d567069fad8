"""docs/plugins.md says what is so. `.ci/run` runs its commands."""

import importlib.util
import re
from pathlib import Path

from zoo_core.plugins.plugin import Status
from zoo_core.plugins.scaffold import NewPlugin, write_plugin
from zoo_core.system.environment import VARIABLES

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "plugins.md").read_text()


def test_its_files_are_those_that_zoo_new_writes(tmp_path):
    write_plugin(NewPlugin("tiny", "model", "torch"), tmp_path / "tiny")
    shown = dict(re.findall(r"^`(tiny/\S+)`\n\n```\w+\n(.*?)^```$", GUIDE, re.M | re.S))
    package = {f"tiny/zoo_tiny/{name}.py" for name in ("plugin", "config", "model")}
    assert shown.keys() == {"tiny/pyproject.toml"} | package
    for name, text in shown.items():
        assert text == (tmp_path / name).read_text()
    assert (tmp_path / "tiny" / "tests" / "test_conformance.py").read_text() in GUIDE


def test_its_tables_are_those_of_the_source():
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    assert reference.page(GUIDE) == GUIDE, "python docs/reference.py"
    empty = [line for line in GUIDE.splitlines() if line.startswith("| `") and "|  |" in line]
    assert not empty, "every field has its meaning"


def test_it_names_every_status_and_every_variable():
    for name in Status:
        assert f"\n| {name} | " in GUIDE
    for name in VARIABLES:
        assert f"\n| `{name}` | " in GUIDE
