"""Fixtures of the core's tests: the toy plugin in this process, a run, a registry."""

import functools
import shutil
import sys
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from zoo_core.installation import installed
from zoo_core.installation.installed import load_catalog
from zoo_core.publishing.publish import publish_run
from zoo_core.registry.lookup import add_registry
from zoo_core.training.training import Training


@functools.cache
def _installed_plugins():
    return {point.dist.name for point in entry_points(group="zoo.v1")}


@pytest.fixture(autouse=True)
def _only_required_plugins(request, monkeypatch):
    """Disable the installed plugins that a test does not require, so that none affects it."""
    required = {name for mark in request.node.iter_markers("requires") for name in mark.args}
    if request.node.get_closest_marker("torch"):
        required.add("zoo-torch")
    if blocked := sorted(_installed_plugins() - required - {"zoo-toy"}):
        monkeypatch.setenv("ZOO_PLUGINS", ",".join(f"no:{name}" for name in blocked))
    monkeypatch.setattr(installed, "_catalog", None)  # because an earlier test may have loaded it
    monkeypatch.setattr(installed, "_added", [])


@pytest.fixture
def every_plugin(monkeypatch):
    """Enable every plugin, for tests that no other plugin may affect."""
    monkeypatch.delenv("ZOO_PLUGINS", raising=False)


@contextmanager
def _toy_catalog(toy_site, patch):
    """Return a catalog with the toy plugin alone, whose modules are unloaded at the end."""
    patch.syspath_prepend(str(toy_site))
    patch.syspath_prepend(str(Path(__file__).parent / "toy"))
    patch.setenv("ZOO_PLUGINS", "zoo-toy")  # because drawing pictures would take most of the time
    yield load_catalog()
    for name in [name for name in sys.modules if name.split(".")[0] == "zoo_toy"]:
        del sys.modules[name]


@pytest.fixture
def toy(toy_site, monkeypatch):
    """Return a catalog with the toy plugin; see `tests/toy`."""
    with _toy_catalog(toy_site, monkeypatch) as catalog:
        yield catalog


@pytest.fixture(scope="session")
def _first_run(toy_site, tmp_path_factory):
    """Return a finished training of the toy model with seed 3, published next to it.

    Tests copy both folders, because training and publishing take longer than most tests.
    """
    folder = tmp_path_factory.mktemp("first-run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_HOME", str(folder / "zoo-home"))
        with _toy_catalog(toy_site, patch) as toy:
            run = Training.new(toy, "softmax", out=folder / "run", overrides=[{"seed": 3}]).run()
            publish_run(toy, run.folder, "softmax.first", str(folder / "registry"))
    return run


@pytest.fixture
def run(toy, _first_run, tmp_path):
    """Return a finished training of the toy model, with seed 3."""
    shutil.copytree(_first_run.folder, tmp_path / "run")
    return replace(_first_run, folder=tmp_path / "run")


@pytest.fixture
def registry(toy, run, _first_run, tmp_path):
    """Return the folder of a registry with softmax.first."""
    return shutil.copytree(_first_run.folder.with_name("registry"), tmp_path / "registry")


@pytest.fixture
def added(toy, registry):
    """Return the registry `here` with softmax.first, which was added to the user's registries."""
    return add_registry(toy, "here", str(registry))
