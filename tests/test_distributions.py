"""Distributions of this repository: their contents and metadata."""

import re
import tomllib
from pathlib import Path

import pytest

from zoo_core import __version__

ROOT = Path(__file__).parents[1]
PROJECTS = [ROOT / name / "pyproject.toml" for name in (".", "registry")]
PROJECTS += sorted((ROOT / "plugins").glob("*/pyproject.toml"))


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_packages_contain_py_typed(path):
    build = tomllib.loads(path.read_text())["tool"]["hatch"]["build"]
    packages = build["targets"]["wheel"]["packages"]
    missing = [name for name in packages if not (path.parent / name / "py.typed").exists()]
    assert not missing, "type checkers take what it exports for Any"


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_metadata_describes_package_on_an_index(path):
    project = tomllib.loads(path.read_text())["project"]
    assert len(project["description"]) <= 80, "an index shows one line"
    assert {"Repository", "Documentation", "Changelog", "Issues"} == project["urls"].keys()
    assert "model-zoo" in project["keywords"]
    pythons = {f"Programming Language :: Python :: 3.{minor}" for minor in range(11, 15)}
    assert pythons < set(project["classifiers"]), "as .github/workflows/tests.yml tests them"


def test_versions_are_equal():
    stated = [tomllib.loads(path.read_text())["project"].get("version") for path in PROJECTS]
    citation = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.M)
    assert {*filter(None, stated), citation[1]} == {__version__}


@pytest.mark.parametrize("system", ["ubuntu", "macos", "windows"])
def test_workflow_tests_every_python(system):
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text()
    assert f"{system}-latest" in workflow
    for path in PROJECTS:
        for minor in re.findall(r":: Python :: (3\.\d+)", path.read_text()):
            assert f'"{minor}"' in workflow
