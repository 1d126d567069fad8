"""Fixtures: small data sets that torchvision accepts as the real ones, and a mirror server."""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path

import pytest
from torchvision import datasets

from zoo_torchvision.datasets import local_files

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[3])]  # after installed packages

from small_mirrors import md5_of, patches_of
from small_sets import Sample, make_sample

from tests.stress import servers


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """Return a function that makes a small data set and patches torchvision to accept it.

    The mirrors are at a given address; connections to the default address are refused.
    """
    monkeypatch.setattr(local_files, "SYSTEM", tmp_path / "system")

    def make(name: str, url: str = "http://127.0.0.1:1") -> Sample:
        made = make_sample(name)
        for cls, attribute, value in patches_of(made, url):
            monkeypatch.setattr(getattr(datasets, cls), attribute, value)
        for file in made.origin.contents:
            content = gzip.decompress(made.files[f"{file}.gz"])
            monkeypatch.setitem(made.origin.contents, file, md5_of(content))
        return made

    return make


@pytest.fixture
def server(loopback, tmp_path, monkeypatch):
    """Return a web server for a folder; the timeout is a second without progress."""
    monkeypatch.setenv("ZOO_TIMEOUT", "1")
    folder = tmp_path / "served"
    folder.mkdir()
    with servers.serving(folder) as server:
        yield server


@pytest.fixture
def served(server, sample):
    """Return a function that makes a small data set, available from torchvision's mirror."""

    def make(name: str) -> Sample:
        made = sample(name, server.url)
        made.write(server.folder)
        return made

    return make


@pytest.fixture
def kept(tmp_path):
    """Return a function that lists the cache of data sets."""

    def listed() -> list[str]:
        folder = Path(os.environ["ZOO_HOME"], "datasets")
        return sorted(path.name for path in folder.glob("*")) if folder.exists() else []

    return listed
