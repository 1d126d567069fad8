"""The index on disk follows what is installed, and nothing depends on it."""

import os
import sys
import time
from pathlib import Path

import pytest

from zoo_core.installation import installed
from zoo_core.installation.installed import installed_rows
from zoo_core.plugins.index import TICK

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import RegistrySpec

@hookimpl
def zoo_registries():
    return [RegistrySpec(name="first", summary="s", url="/nowhere")]
"""


@pytest.fixture
def first(site, write_plugin):
    """Install zoo-p, long enough ago for an index of it to be kept."""
    write_plugin(site, "zoo-p", PLUGIN)
    time.sleep(2 * TICK / 1e9)


def names():
    return {row["name"] for row in installed_rows()["registries"]}


def written():
    return list((Path(os.environ["ZOO_HOME"]) / "index").glob("*.json"))


def test_a_warm_index_is_believed(first, monkeypatch):
    assert "first" in names()

    def fail(_selection):
        raise AssertionError("a warm index must not load plugins")

    monkeypatch.setattr(installed, "load_catalog", fail)
    assert "first" in names()


def test_an_installation_is_noticed(site, write_plugin):
    time.sleep(2 * TICK / 1e9)
    assert "first" not in names()
    assert written()
    write_plugin(site, "zoo-p", PLUGIN)
    assert "first" in names()


def test_an_edited_plugin_is_noticed(first, site):
    assert "first" in names()
    (site / "zoo_p" / "plugin.py").write_text(PLUGIN.replace("first", "second-name"))
    for module in ("zoo_p", "zoo_p.plugin"):
        del sys.modules[module]
    assert "second-name" in names()


def test_an_allow_list_is_noticed(first, monkeypatch):
    assert "first" in names()
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-other")
    assert "first" not in names()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"key": 1}', b"\xff\xfe"])
def test_a_damaged_index_is_made_again(first, damage):
    names()
    (path,) = written()
    path.write_bytes(damage)
    assert "first" in names()
    assert path.read_bytes() != damage


def test_an_index_that_cannot_be_written_is_done_without(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_HOME", str(tmp_path / "file"))
    assert installed_rows()["plugins"]


def test_no_index_is_kept_of_what_has_just_changed(site, write_plugin):
    """What is changed once more within a tick of the clock may have the time that it had."""
    write_plugin(site, "zoo-p", PLUGIN)
    assert "first" in names()
    assert not written()
    time.sleep(2 * TICK / 1e9)
    assert "first" in names()
    assert written()


def test_a_time_to_come_keeps_no_index_from_being_kept(first, site):
    for path in (site, site / "zoo_p" / "plugin.py"):
        os.utime(path, (2**32, 2**32))
    assert "first" in names()
    assert written()


def test_no_index_is_kept_while_a_plugin_is_broken(site, write_plugin):
    write_plugin(site, "zoo-p", "1 / 0")
    time.sleep(2 * TICK / 1e9)
    assert any(row["status"] == "broken" for row in installed_rows()["plugins"])
    assert not written()


def test_no_cache_means_none(monkeypatch):
    monkeypatch.setenv("ZOO_NO_CACHE", "1")
    installed_rows()
    assert not written()


def test_old_indexes_are_cleared_away(monkeypatch):
    for i in range(20):
        monkeypatch.setenv("ZOO_PLUGINS", f"zoo-{i}")
        installed_rows()
    assert len(written()) == 16
