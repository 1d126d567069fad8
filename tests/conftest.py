"""What the core's tests share: the toy plugin in this process, a run, a registry."""

import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from zoo_core.installation import installed
from zoo_core.installation.installed import load_catalog
from zoo_core.publishing.publish import publish_run
from zoo_core.registry.lookup import add_registry
from zoo_core.training.training import Training


@pytest.fixture(autouse=True)
def _only_required_plugins(request, monkeypatch):
    """Leave out the installed plugins that a test does not require, so that none matters to it."""
    required = {name for mark in request.node.iter_markers("requires") for name in mark.args}
    if request.node.get_closest_marker("torch"):
        required.add("zoo-torch")
    present = {point.dist.name for point in entry_points(group="zoo.v1")}
    if blocked := sorted(present - required - {"zoo-toy"}):
        monkeypatch.setenv("ZOO_PLUGINS", ",".join(f"no:{name}" for name in blocked))
    monkeypatch.setattr(installed, "_catalog", None)  # what an earlier test loaded


@pytest.fixture
def every_plugin(monkeypatch):
    """Leave nothing out: for tests in whose messages other plugins must not occur."""
    monkeypatch.delenv("ZOO_PLUGINS", raising=False)


@pytest.fixture
def toy(toy_site, monkeypatch):
    """Return a catalog with the toy plugin; see `tests/toy`."""
    monkeypatch.syspath_prepend(str(toy_site))
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "toy"))
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy")  # what draws pictures would take most of the time
    yield load_catalog()
    for name in [name for name in sys.modules if name.split(".")[0] == "zoo_toy"]:
        del sys.modules[name]


@pytest.fixture
def run(toy, tmp_path):
    """Return a finished training of the toy model, with seed 3."""
    return Training.new(toy, "softmax", out=tmp_path / "run", overrides=[{"seed": 3}]).run()


@pytest.fixture
def registry(toy, run, tmp_path):
    """Return the folder of a registry with softmax.first."""
    root = tmp_path / "registry"
    publish_run(toy, run.folder, "softmax.first", str(root))
    return root


@pytest.fixture
def added(toy, registry):
    """Return the registry `here` with softmax.first, which was added."""
    return add_registry(toy, "here", str(registry))
