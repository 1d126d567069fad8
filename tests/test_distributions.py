"""Every distribution of this repository: what each must contain."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("*/**/pyproject.toml"))]


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_packages_contain_py_typed(path):
    build = tomllib.loads(path.read_text())["tool"]["hatch"]["build"]
    packages = build["targets"]["wheel"]["packages"]
    missing = [name for name in packages if not (path.parent / name / "py.typed").exists()]
    assert not missing, "type checkers take what it exports for Any"
