"""Fixtures of these tests: the toy plugin in this process, and parsed pages."""

import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from zoo_core.installation.installed import load_catalog

TOY = Path(__file__).parents[3] / "tests" / "toy"
VOID = {"meta", "img", "br"}
"""HTML elements without an end tag."""


@pytest.fixture(scope="session")
def preloaded(preloaded):
    return (*preloaded, "zoo_report.report", "zoo_report.searches.study_pictures")


@pytest.fixture
def toy(toy_site, monkeypatch):
    """Return a catalog with only the toy plugin."""
    monkeypatch.syspath_prepend(str(toy_site))
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy")
    yield load_catalog()
    for name in [name for name in sys.modules if name.split(".")[0] == "zoo_toy"]:
        del sys.modules[name]


class Page(HTMLParser):
    """A parsed page; elements that are not closed in order are an error.

    Attributes:
        elements: all elements with their attributes.
        tables: rows of cells as text, by the class of the table.
        words: all visible text.
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
        assert self._open.pop() == tag, f"{tag} is closed, but was not opened last"

    def handle_data(self, data):
        if "style" in self._open:
            return
        self.texts.append(data)
        if {"td", "th"} & set(self._open):
            self._table[-1][-1] = f"{self._table[-1][-1]} {data}".strip()

    def all(self, tag):
        """Return the attributes of all elements with a tag."""
        return [attrs for each, attrs in self.elements if each == tag]


@pytest.fixture(scope="session")
def read_page():
    """Return the function that parses a page."""
    return Page


@pytest.fixture(scope="session")
def is_whole():
    """Return the function that checks that all content is within its figure."""

    def check(figure):
        width, height = figure.get_size_inches()
        drawn = figure.get_tightbbox()
        return drawn.x0 >= 0 and drawn.y0 >= 0 and drawn.x1 <= width and drawn.y1 <= height

    return check
