"""Distributions of this repository: their contents and metadata."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from zoo_core import __version__
from zoo_core.plugins.scaffold import BOUNDS

ROOT = Path(__file__).parents[1]
PROJECTS = [ROOT / name / "pyproject.toml" for name in (".", "registry")]
PROJECTS += sorted((ROOT / "plugins").glob("*/pyproject.toml"))
DISTRIBUTIONS = {
    project["name"]: project
    for project in (tomllib.loads(path.read_text())["project"] for path in PROJECTS)
}


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_packages_contain_py_typed(path):
    build = tomllib.loads(path.read_text())["tool"]["hatch"]["build"]
    packages = build["targets"]["wheel"]["packages"]
    missing = [name for name in packages if not (path.parent / name / "py.typed").exists()]
    assert not missing, "type checkers take what it exports for Any"


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_license_of_package_is_in_it(path):
    files = tomllib.loads(path.read_text())["project"]["license-files"]
    assert files[0] == "LICENSE"
    assert all((path.parent / name).is_file() for name in files)
    assert (path.parent / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


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


def requirements(project):
    optional = project.get("optional-dependencies", {}).values()
    return [Requirement(each) for group in (project["dependencies"], *optional) for each in group]


def extra(name):
    """Return the names of the distributions that an extra of zoo-core installs."""
    listed = [
        Requirement(each) for each in DISTRIBUTIONS["zoo-core"]["optional-dependencies"][name]
    ]
    inner = [extra(each) for requirement in listed for each in requirement.extras]
    return {requirement.name for requirement in listed}.union(*inner)


def test_own_distributions_are_required_with_bounds_of_minor_version():
    stranger = ROOT / "tests" / "strangers" / "zoo_ordinal" / "pyproject.toml"
    projects = [*DISTRIBUTIONS.values(), tomllib.loads(stranger.read_text())["project"]]
    listed = [each for project in projects for each in requirements(project) if not each.extras]
    minor = int(__version__.split(".")[1])
    bounds = {str(each.specifier) for each in listed if each.name in DISTRIBUTIONS}
    assert bounds == {str(SpecifierSet(BOUNDS))} == {f"<0.{minor + 1},>=0.{minor}"}


def test_extra_all_requires_every_distribution():
    assert extra("all") == DISTRIBUTIONS.keys()


def test_extra_numpy_requires_no_torch():
    small = {"zoo-core", "zoo-mnist", "zoo-numpy", "zoo-registry"}
    assert extra("numpy") | {"zoo-core"} == small
    required = [
        each.name
        for name in small
        for each in map(Requirement, DISTRIBUTIONS[name]["dependencies"])
    ]
    assert "torch" not in required
    assert {"zoo-torch", "zoo-mlp", "zoo-cnn", *extra("numpy")} < extra("torch")


@pytest.mark.parametrize("system", ["ubuntu", "macos", "windows"])
def test_workflow_tests_every_python(system):
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text()
    assert f"{system}-latest" in workflow
    for path in PROJECTS:
        for minor in re.findall(r":: Python :: (3\.\d+)", path.read_text()):
            assert f'"{minor}"' in workflow
