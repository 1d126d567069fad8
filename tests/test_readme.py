"""README and other pages: commands, paths and links are valid."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_readme_shows_both_commands_on_first_screen():
    first_screen = README.splitlines()[:40]
    assert "pip install . ./registry ./plugins/* && zoo train mlp" in first_screen
    assert "pip install '.[test]' ./registry ./plugins/* && pytest" in first_screen


def test_docs_name_no_local_paths():
    for name in ("shared/", "/work/", "/root/", "/tmp/"):
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
            assert name not in path.read_text(), f"{path} names {name}"


def test_readme_and_contributing_links_resolve():
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert target.startswith("https://") or (ROOT / target).exists(), target
