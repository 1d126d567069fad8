"""Environment variables of zoo: those in code and documentation are those in `VARIABLES`."""

import re
from pathlib import Path

from zoo_core.system.environment import VARIABLES

ROOT = Path(__file__).parents[2]

SOURCES = [
    *ROOT.glob("zoo_core/**/*.py"),
    *ROOT.glob("plugins/*/zoo_*/**/*.py"),
    *ROOT.glob("registry/zoo_registry/**/*.py"),
]

PAGES = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("plugins/*/README.md")]


def test_variables_match_code_and_docs():
    named = {
        variable
        for path in SOURCES + PAGES
        for variable in re.findall(r"(?<!\w)ZOO_[A-Z_]+", path.read_text())
    }
    assert named == VARIABLES.keys()
