"""README and other pages: commands, paths and links are valid."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()

COMMANDS = (
    "pip install . ./registry ./plugins/* && zoo train mlp",
    # After the whole, because `.ci/run` takes the first line that begins like it.
    "pip install . ./registry ./plugins/zoo-onnx ./plugins/zoo-mnist && zoo predict cnn digit.png",
    "pip install . ./registry ./plugins/zoo-mnist ./plugins/zoo-numpy && zoo train numpy-net",
    "pip install '.[test]' ./registry ./plugins/* && pytest",
)


def test_readme_shows_commands_on_first_screen():
    lines = re.sub(r"<!--.*?-->\n\n", "", README, flags=re.DOTALL).splitlines()
    first_screen = lines[: lines.index("## A training")]
    assert len(first_screen) <= 40
    assert [line for line in first_screen if line.startswith("pip install")] == [*COMMANDS]


def test_docs_name_no_local_paths():
    for name in ("shared/", "/work/", "/root/", "/tmp/"):
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
            assert name not in path.read_text(), f"{path} names {name}"


def test_readme_and_contributing_links_resolve():
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert target.startswith("https://") or (ROOT / target).exists(), target
