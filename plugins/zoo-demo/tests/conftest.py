"""Models that are served, drawings, and a server that is reached over HTTP."""

from __future__ import annotations

import http.client
import importlib.util
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image, ImageDraw

from zoo_core.installation import installed
from zoo_core.installation.installed import load_catalog
from zoo_core.plugin_api import web_server
from zoo_core.plugins.added import module_plugin
from zoo_core.plugins.catalog import Catalog
from zoo_demo.app import make_app
from zoo_demo.model_selection import load_all
from zoo_demo.models import Served
from zoo_demo.server import make_server
from zoo_demo.static_page.folder import write_folder
from zoo_demo.static_page.models import find_static_models

NAMES = (
    "numpy-net.default",
    "mlp.default",
    "cnn.default",
    "two-headed-mlp.default",
    "two-headed-cnn.default",
)

STATIC = ("cnn.best", "numpy-net.best")
"""Models of the static page."""

RULED = ("tallies", "halves", "quarters")
"""Data sets of the models of `drawn.py`."""


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Return the installed plugins, with the one of `drawn.py`."""
    file = Path(__file__).with_name("drawn.py")
    spec = importlib.util.spec_from_file_location("zoo_drawn", file)
    assert spec is not None and spec.loader is not None
    drawn = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(drawn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(installed, "_added", [module_plugin(drawn)])
        return load_catalog()


@pytest.fixture(scope="session")
def models(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> list[Served]:
    """Return published models of the modes of one digit and of two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_HOME", str(tmp_path_factory.mktemp("zoo-home")))
        return load_all(catalog, NAMES, registry=None, device="cpu")


@pytest.fixture(scope="session")
def every_model(catalog: Catalog, models: list[Served]) -> list[Served]:
    """Return models of every task: published ones, and those of `drawn.py`."""
    card = models[0].pretrained.card
    ruled = [sys.modules["zoo_drawn"].Ruled(catalog, name, card) for name in RULED]
    return [*models, *(Served(each.name, each, 1000, lambda each=each: each) for each in ruled)]


@pytest.fixture(scope="session")
def model(models: list[Served]) -> Callable[[str], Served]:
    """Return the function that returns a served model by name."""
    by_name = {each.id: each for each in models}
    return by_name.__getitem__


@contextmanager
def serving(catalog: Catalog, models: list[Served], host: str = "127.0.0.1") -> Iterator[str]:
    """Serve models in a thread, and yield the URL without its last slash."""
    with web_server.listen("127.0.0.1", 0) as bound:
        server = make_server(make_app(catalog, models, host=host))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield web_server.address_of("127.0.0.1", bound).rstrip("/")
        finally:
            server.should_exit = True
            thread.join(60)


@pytest.fixture(scope="session")
def address(catalog: Catalog, models: list[Served]) -> Iterator[str]:
    """Return the URL of a server of published models, without its last slash."""
    with serving(catalog, models) as address:
        yield address


@pytest.fixture(scope="session")
def every_address(catalog: Catalog, every_model: list[Served]) -> Iterator[str]:
    """Return the URL of a server of models of every task, without its last slash."""
    with serving(catalog, every_model) as address:
        yield address


@pytest.fixture(scope="session")
def static_folder(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a static page with `STATIC`."""
    folder = tmp_path_factory.mktemp("static") / "page"
    write_folder(folder, catalog, find_static_models(catalog, STATIC, registry=None))
    return folder


@dataclass(frozen=True)
class Reply:
    """A response of a server."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    address: str, path: str, body: bytes | None = None, *, method: str = "", **headers: str
) -> Reply:
    """Send a request to a server: GET, or POST if there is a body."""
    where = urlsplit(address)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    with closing(connection):
        connection.request(method or ("GET" if body is None else "POST"), path, body, headers)
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())


@pytest.fixture
def get(loopback: None, address: str) -> Callable[..., Reply]:
    """Return the function that sends a request to the server of published models; see `ask`."""
    return partial(ask, address)


@pytest.fixture
def get_of_every(loopback: None, every_address: str) -> Callable[..., Reply]:
    """Return the function that sends a request to the server of models of every task."""
    return partial(ask, every_address)


@pytest.fixture
def elsewhere(loopback: None, catalog: Catalog) -> Callable[..., Any]:
    """Return the context manager that serves other models, or on another host."""

    @contextmanager
    def start(models: list[Served], host: str = "127.0.0.1") -> Iterator[Callable[..., Reply]]:
        with serving(catalog, models, host) as address:
            yield partial(ask, address)

    return start


@pytest.fixture
def open_page(browser: Any, request: pytest.FixtureRequest, loopback: None) -> Iterator[Any]:
    """Return the function that opens the page, by default with published models.

    At the end, the console has no errors, and every request went to the server.
    """
    contexts, complaints, requests, addresses = [], [], [], []

    def start(server: str = "address", **options: Any) -> Any:
        addresses.append(address := request.getfixturevalue(server))
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda each: each.type == "error" and complaints.append(each.text))
        page.on("pageerror", lambda exc: complaints.append(str(exc)))
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        return page

    yield start
    for context in contexts:
        context.close()
    assert not complaints
    expected = ("blob:", *(f"{address}/" for address in addresses))
    assert all(url.startswith(expected) for url in requests), requests


CONTRAST = """() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      if (!/, 0\\)$/.test(color)) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility() || node.closest(":disabled")) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${node.textContent.trim()}: ${contrast.toFixed(2)}`);
  }
  return found;
}"""
"""Function that returns the texts below the contrast ratio of WCAG 2 (AA)."""


@pytest.fixture
def low_contrast() -> Callable[[Any], list[str]]:
    """Return the function that returns the texts of a page with a low contrast."""

    def find(page: Any) -> list[str]:
        found: list[str] = page.evaluate(CONTRAST)
        return found

    return find


def png(image: Image.Image, file_format: str = "PNG") -> bytes:
    file = BytesIO()
    image.save(file, file_format)
    return file.getvalue()


@pytest.fixture(scope="session")
def drawing() -> Callable[..., bytes]:
    """Return the function that draws lines into an image file; points are shares of the width."""

    def draw(
        *lines: list[tuple[float, float]], height: float = 1, file_format: str = "PNG"
    ) -> bytes:
        image = Image.new("L", (280, round(280 * height)))
        pen = ImageDraw.Draw(image)
        for line in lines:
            pen.line([(280 * x, 280 * y) for x, y in line], fill=255, width=22, joint="curve")
        return png(image, file_format)

    return draw


@pytest.fixture(scope="session")
def one(drawing: Callable[..., bytes]) -> bytes:
    """Return a drawing of a 1."""
    return drawing([(0.54, 0.2), (0.48, 0.8)])
