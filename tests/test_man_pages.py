"""Manual pages and completion files: up to date, valid, and packaged."""

import importlib.util
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PACKAGES = [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/share"))]

OWN = [pytest.param(ROOT, id="zoo-core")] + [
    pytest.param(path, id=path.name, marks=pytest.mark.requires(path.name)) for path in PACKAGES[1:]
]

PAGES = [page for path in PACKAGES for page in sorted(path.glob("share/man/man1/*.1"))]


@pytest.fixture(scope="module")
def man_pages():
    spec = importlib.util.spec_from_file_location("man_pages", ROOT / "docs" / "man_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("package", OWN)
def test_pages_and_completion_files_are_up_to_date(package, man_pages, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", f"zoo-core,{package.name}")
    share = package / "share"
    made = {
        path: text for path, text in man_pages.generated_files().items() if share in path.parents
    }
    there = {path: path.read_text("utf-8") for path in share.rglob("*") if path.is_file()}
    assert made == there, "run `python docs/man_pages.py`; remove the pages of removed commands"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_wheels_contain_pages(package):
    build = tomllib.loads((package / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"]["shared-data"] == {"share": "share"}
    assert "/share" in build["targets"].get("sdist", {}).get("include", ["/share"])


@pytest.mark.skipif(not shutil.which("mandoc"), reason="not installed: mandoc")
def test_mandoc_finds_no_fault():
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", *PAGES],
        capture_output=True,
        text=True,
        check=False,
    )
    # Pages have no date, because each build would change it.
    faults = [line for line in done.stdout.splitlines() if "missing date" not in line]
    assert not faults


@pytest.mark.skipif(not shutil.which("man"), reason="not installed: man")
@pytest.mark.parametrize("page", [PAGES[0], PAGES[-1]], ids=lambda page: page.name)
def test_man_shows_page(page):
    env = {**os.environ, "MANWIDTH": "72", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"}
    done = subprocess.run(
        ["man", "--warnings", "-l", page], capture_output=True, text=True, env=env, check=True
    )
    assert done.stderr == ""
    assert "EXAMPLES" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 72


def test_text_of_page_escapes_what_troff_interprets(man_pages):
    assert man_pages._text(".toml -x 'a' \\") == r"\&.toml \-x \(aqa\(aq \e"
