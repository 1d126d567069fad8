from pathlib import Path

import pytest

from zoo_core.installation.installed import load_catalog

TOY = Path(__file__).parents[3] / "tests" / "toy"


@pytest.fixture
def catalog(toy_site, monkeypatch):
    """Return a catalog of zoo-toy and zoo-track."""
    monkeypatch.syspath_prepend(str(toy_site))
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-track")
    return load_catalog()


@pytest.fixture
def train(cli, monkeypatch, tmp_path):
    """Return a function that runs `zoo train softmax` with only zoo-toy and zoo-track."""
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-track")
    # Trackers write outside the run's folder, too.
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))

    def run(*arguments, **options):
        return cli("train", "softmax", "--out", "run", *arguments, **options)

    return run
