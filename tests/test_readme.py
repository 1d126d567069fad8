"""README says what is so."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_first_screen_shows_both_commands():
    first_screen = README.splitlines()[:40]
    assert "pip install . ./registry ./plugins/* && zoo train mlp" in first_screen
    assert "pip install '.[test]' ./registry ./plugins/* && pytest" in first_screen


def test_the_project_speaks_of_itself_alone():
    for name in ("shared/", "/work/", "/root/", "/tmp/"):
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
            assert name not in path.read_text(), f"{path} names {name}"


def test_links_lead_somewhere():
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert target.startswith("https://") or (ROOT / target).exists(), target
