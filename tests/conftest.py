"""What the core's tests share: the toy plugin in this process."""

import sys
from pathlib import Path

import pytest

from zoo_core.catalog import Catalog


@pytest.fixture
def toy(toy_site, monkeypatch):
    """Return a catalog with the toy plugin; see `tests/toy`."""
    monkeypatch.syspath_prepend(str(toy_site))
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "toy"))
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy")  # what draws pictures would take most of the time
    yield Catalog.load()
    for name in [name for name in sys.modules if name.split(".")[0] == "zoo_toy"]:
        del sys.modules[name]
