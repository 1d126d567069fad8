"""File names are defined once, in `zoo_core.filenames`."""

import ast
from pathlib import Path

from zoo_core import filenames

ROOT = Path(__file__).parents[1]
NAMES = {value for name, value in vars(filenames).items() if name.isupper()}

NAMED_BY_OTHERS = {ROOT / "plugins/zoo-timm/zoo_timm/pretrained.py"}
"""Modules about the Hugging Face Hub, which uses the same name for weights."""

SOURCES = {
    *ROOT.glob("zoo_core/**/*.py"),
    *ROOT.glob("plugins/*/zoo_*/**/*.py"),
    *ROOT.glob("benchmarks/**/*.py"),
} - {ROOT / "zoo_core/filenames.py", *NAMED_BY_OTHERS}


def literals(path):
    """Yield the last part of every string in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.rpartition("/")[2]


def test_filenames_are_not_repeated_as_literals():
    assert SOURCES
    assert not {path for path in SOURCES if not NAMES.isdisjoint(literals(path))}
