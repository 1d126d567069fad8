"""Pages of the documentation: every block is typed, or parsed where a page states why."""

import re
from pathlib import Path

import pytest

from tests.pages.script import LANGUAGES, read_blocks
from tests.pages.session import type_page

ROOT = Path(__file__).parents[1]
NOT_TYPED = {
    "CHANGELOG.md": "states what was, in versions of the past",
    "RELEASING.md": "publishes a release",
    "docs/tutorial.md": "begins with git clone and pip: `.ci/run` types it",
}
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("plugins/*/README.md")),
    *(ROOT / folder / "README.md" for folder in ("registry", "benchmarks")),
]
NEEDED = {
    "docs/trackers.md": ("tensorboard", "zoo-track"),
    "plugins/zoo-track/README.md": ("tensorboard", "zoo-track"),
}
"""Page -> distributions that it needs in addition to those of all pages."""
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
TYPED = [
    name
    for name in NAMES
    if name not in NOT_TYPED and any(block.kind != "data" for block in read_blocks(ROOT / name))
]


@pytest.fixture
def type_text(tmp_path):
    """Return the function that types the blocks of a text and returns the messages of a failure."""

    def type_text(text):
        page, folder = tmp_path / "page.md", tmp_path / "page"
        page.write_text(text)
        folder.mkdir()
        return type_page(page, folder)

    return type_text


@pytest.mark.parametrize("name", NAMES)
def test_every_block_has_a_known_language(name):
    for block in read_blocks(ROOT / name):
        known = (*LANGUAGES, "setup", "setup python")
        assert block.language in known, f"{name}:{block.line + 1}: {block.language!r}"


@pytest.mark.parametrize("name", NAMES)
def test_every_block_is_run(name):
    reasons = {block.reason for block in read_blocks(ROOT / name)}
    assert reasons <= {"", ".ci/run types it"}


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.requires("zoo-cnn", "zoo-demo", "zoo-export", "zoo-images", "zoo-mlp", "zoo-mnist")
@pytest.mark.requires("zoo-numpy", "zoo-registry", "zoo-report", "zoo-tables", "zoo-timm")
@pytest.mark.requires("zoo-torchvision", "zoo-tune", "zoo-two-headed")
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.requires(*NEEDED.get(name, ()))) for name in TYPED],
)
def test_blocks_of_page_succeed(name, tmp_path):
    folder = tmp_path / "page"
    folder.mkdir()
    problem = type_page(ROOT / name, folder)
    assert not problem, problem


def test_state_of_a_page_carries_over(type_text):
    page = """
```sh
mkdir folder && cd folder
count=3
```

`names.txt`

```text
a "quoted" name, an 'apostrophe'
```

```sh
wc --lines < names.txt
echo "$count $PWD"
cat names.txt
```

```text
1
9 …/folder
a "quoted" name, an 'apostrophe'
```
"""
    assert type_text(page) == ""


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("```sh\ntrue\nfalse\ntrue\n```", ":3: exit code 1"),
        ("```sh\nfalse && true\n```", ": exit code 1"),
        ("```sh\necho one two\n```\n\n```text\none three\n```", "the output lacks"),
        ("```console\n$ echo one\ntwo\n```", "the output lacks, below the lines before it: two"),
        ('```python\nprint("a")\n1 / 0\n```', "ZeroDivisionError"),
        ("```toml\nlr = \n```", "TOMLDecodeError"),
        ("```json\n{1}\n```", "JSONDecodeError"),
        ("<!-- not run: slow -->\n\n```sh\nzoo train mlp --epoks 1\n```", "--epoks"),
        ("<!-- not run: slow -->\n\n```sh\nzoo tarin mlp\n```", "there is no command 'tarin'"),
        ("<!-- not run: slow -->\n\n```python\ndef f(:\n```", "SyntaxError"),
    ],
    ids=lambda value: re.sub(r"\W+", "-", value)[-30:],
)
def test_faulty_block_is_reported(type_text, block, message):
    assert message in type_text(block)


def test_link_of_tutorial_is_repository_of_project():
    repository = re.search(r'Repository = "(.*)"', (ROOT / "pyproject.toml").read_text())[1]
    assert f"git clone {repository}\n" in (ROOT / "docs" / "tutorial.md").read_text()
