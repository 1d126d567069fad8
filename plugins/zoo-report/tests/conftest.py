"""What the tests of the pages share: the toy plugin in this process, and a page that is read."""

import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from zoo_core.installation.installed import load_catalog

TOY = Path(__file__).parents[3] / "tests" / "toy"
VOID = {"meta", "img", "br", "path", "circle"}
"""Elements without an end; those of SVG are closed by themselves."""


@pytest.fixture(scope="session")
def preloaded(preloaded):
    return (*preloaded, "zoo_report.report", "zoo_report.study_pictures")


@pytest.fixture
def toy(toy_site, monkeypatch):
    """Return a catalog with the toy plugin alone."""
    monkeypatch.syspath_prepend(str(toy_site))
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy")
    yield load_catalog()
    for name in [name for name in sys.modules if name.split(".")[0] == "zoo_toy"]:
        del sys.modules[name]


class Page(HTMLParser):
    """A page, taken apart; elements that are not closed in order are an error.

    Attributes:
        elements: each with its attributes.
        tables: by class, their rows of cells as texts; of several, all rows.
        words: every text that is shown, without what lies in style.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements, self.tables, self.texts, self._open = [], {}, [], []
        self._table = None
        self.feed(content.decode())
        self.close()
        assert not self._open, f"never closed: {self._open}"
        self.words = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._table = self.tables.setdefault(dict(attrs)["class"].split()[0], [])
        elif tag == "tr":
            self._table.append([])
        elif tag in ("td", "th"):
            self._table[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, f"{tag} is closed, which is not the last one opened"

    def handle_data(self, data):
        if "style" in self._open:
            return
        self.texts.append(data)
        if {"td", "th"} & set(self._open) and "title" not in self._open:
            self._table[-1][-1] = f"{self._table[-1][-1]} {data}".strip()

    def all(self, tag):
        """Return the attributes of every element of a kind."""
        return [attrs for each, attrs in self.elements if each == tag]


@pytest.fixture(scope="session")
def read_page():
    """Return the function that takes a page apart."""
    return Page
