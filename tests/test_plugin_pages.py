"""The pages about plugins: their commands succeed in order, their links and tables are complete."""

import re
import shlex
import sqlite3
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from zoo_core.plugins.scaffold import KINDS, NewPlugin

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "plugins.md").read_text()
PAGES = sorted((DOCS / "plugins").glob("*.md"))
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^`(\w+\.py)`\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A file that a reader writes, with its name above it."""


class Reader:
    """A reader who types the commands of a page, in an empty folder."""

    def __init__(self, folder, cli, run_process, write_plugin):
        self.folder, self.cli, self.run_process = folder, cli, run_process
        self.write_plugin = write_plugin
        self.site = folder / "site"  # becomes the folder of the installed plugin

    def type(self, line):
        words = shlex.split(line, comments=True)
        match words:
            case ["zoo", *arguments]:
                self._run(self.cli, *arguments)
            case ["pip", "install", "-e", path]:
                plugin = NewPlugin(path.removeprefix("./"), "model")
                self.site = self.folder / path
                module = f"{plugin.package}.plugin"
                self.write_plugin(self.site, plugin.distribution, None, module=module)
            case ["python", *arguments]:
                self._run(self.run_process, *arguments)
            case ["cat", path]:
                assert (self.folder / path).read_text()
            case _:
                raise AssertionError(f"the test cannot run this command: {line}")

    def run_python(self, code):
        # The current folder is on the path, as in a reader's shell.
        env = {"PYTHONSAFEPATH": ""}
        self._run(self.run_process, "-W", "error", "-c", code, env=env)

    def _run(self, run, *arguments, **options):
        done = run(*arguments, site=self.site, **options)
        assert done.code == 0, f"{arguments}: {done.err}{done.out}"


@pytest.fixture
def reader(tmp_path, cli, run_process, write_plugin):
    return Reader(tmp_path, cli, run_process, write_plugin)


@pytest.mark.slow
@pytest.mark.requires("zoo-mnist", "zoo-numpy", "zoo-registry")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_page_succeed(reader, page):
    for language, code in BLOCK.findall(page.read_text()):
        for line in code.splitlines() if language == "sh" else ():
            reader.type(line)


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.requires("zoo-mlp", "zoo-mnist")
def test_commands_of_guide_succeed(reader):
    # On the small data set, because an epoch of mnist takes half a minute; `.ci/run` trains on it.
    text = GUIDE.replace("zoo train tiny --epochs 1", "zoo train tiny --dataset synthetic")
    text = text.replace("np.zeros((2, 28, 28)", "np.zeros((2, 3, 16, 16)")
    for name, code in FILE.findall(text):
        (reader.folder / name).write_text(code)
    for language, code in BLOCK.findall(text):
        if language == "sh":
            for line in code.splitlines():
                reader.type(line)
        elif "zoo.load" in code:
            reader.run_python(code)


@pytest.mark.slow
@pytest.mark.torch
def test_model_of_text_trains_and_predicts(tmp_path, cli):
    (model,) = FILE.findall((DOCS / "plugins" / "model.md").read_text())
    (tmp_path / model[0]).write_text(model[1])
    (tmp_path / "new.txt").write_text("great film\na sad film\n")
    zoo = partial(cli, "-p", f"./{model[0]}")
    trained = zoo("train", "mean-of-words", "--out", "run")
    assert trained.code == 0, trained.err
    predicted = zoo("predict", "run", "new.txt").out.splitlines()
    assert [re.sub(r" \(.*", "", line) for line in predicted] == [
        "new.txt, line 1: good",
        "new.txt, line 2: bad",
    ]


@pytest.mark.slow
@pytest.mark.requires("zoo-numpy")
def test_source_of_rows_trains_and_predicts(tmp_path, cli):
    (source,) = FILE.findall((DOCS / "plugins" / "source.md").read_text())
    (tmp_path / source[0]).write_text(source[1])
    rng = np.random.default_rng(0)
    for file, count in (("houses.sqlite", 200), ("new-houses.sqlite", 3)):
        with sqlite3.connect(tmp_path / file) as database:
            database.execute("CREATE TABLE rows (id INTEGER, area REAL, rooms REAL, price REAL)")
            for number, row in enumerate(rng.random((count, 3)).tolist()):
                database.execute("INSERT INTO rows VALUES (?, ?, ?, ?)", (number, *row))
    name, zoo = "sqlite:houses.sqlite?target=price", partial(cli, "-p", f"./{source[0]}")
    trained = zoo("train", "numpy-net", "--dataset", name, "--epochs", 1, "--out", "run")
    assert trained.code == 0, trained.err
    predicted = zoo("predict", "run", "new-houses.sqlite")
    assert [line.partition(":")[0] for line in predicted.out.splitlines()] == [
        "row 1",
        "row 2",
        "row 3",
    ]
    checked = zoo("check", "--fast")
    assert checked.code == 0, checked.out
    assert "expected the option target=COLUMN" in zoo("info", "sqlite:houses.sqlite").err


def slug(heading):
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")


def test_links_of_docs_resolve():
    for page in DOCS.rglob("*.md"):
        for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text()):
            path = (page.parent / target).resolve() if target else page
            assert path.exists(), f"{page}: {target}"
            if anchor:
                headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
                slugs = {
                    re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings
                }
                assert anchor in slugs, f"{page}: {target}#{anchor}"


def test_guide_links_a_page_per_kind():
    linked = set(re.findall(r"\]\(plugins/(\w+)\.md\)", GUIDE))
    assert {*KINDS} <= linked
    assert linked == {page.stem for page in PAGES}


@pytest.mark.parametrize("kind", [*KINDS, "loss"])
def test_page_of_kind_has_every_section(kind):
    text = (DOCS / "plugins" / f"{kind}.md").read_text()
    assert "```sh\nzoo new " in text
    assert "<!-- file " in text
    for heading in ("## What is called when", "## Errors that authors meet"):
        assert f"\n{heading}\n" in text
    assert ("\n## Fields\n" in text) or kind == "hooks"


def test_python_examples_compile():
    for page in (*PAGES, DOCS / "plugins.md"):
        for language, code in BLOCK.findall(page.read_text()):
            if language == "python":
                compile(code, str(page), "exec")
