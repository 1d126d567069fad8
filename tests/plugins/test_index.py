"""The plugin index within one process: validity, damage, files."""

import os
import sys
import time
from pathlib import Path

import pytest

from zoo_core.installation import installed
from zoo_core.installation.installed import installed_rows
from zoo_core.plugins.index.stamped_file import TICK

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import RegistrySpec

@hookimpl
def zoo_registries():
    return [RegistrySpec(name="first", summary="s", url="/nowhere")]
"""


@pytest.fixture
def first(site, write_plugin):
    """Install zoo-p, and wait until an index of it may be written."""
    write_plugin(site, "zoo-p", PLUGIN)
    time.sleep(2 * TICK / 1e9)


def names():
    return {row["name"] for row in installed_rows()["registries"]}


def written():
    return list((Path(os.environ["ZOO_HOME"]) / "index").glob("*.json"))


def test_warm_index_avoids_loading_plugins(first, monkeypatch):
    assert "first" in names()

    def fail(_selection):
        raise AssertionError("a warm index must not load plugins")

    monkeypatch.setattr(installed, "load_catalog", fail)
    assert "first" in names()


def test_index_follows_installation(site, write_plugin):
    time.sleep(2 * TICK / 1e9)
    assert "first" not in names()
    assert written()
    write_plugin(site, "zoo-p", PLUGIN)
    assert "first" in names()


def test_index_follows_plugin_edit(first, site):
    assert "first" in names()
    (site / "zoo_p" / "plugin.py").write_text(PLUGIN.replace("first", "second-name"))
    for module in ("zoo_p", "zoo_p.plugin"):
        del sys.modules[module]
    assert "second-name" in names()


def test_index_follows_allow_list(first, monkeypatch):
    assert "first" in names()
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-other")
    assert "first" not in names()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"key": 1}', b"\xff\xfe"])
def test_index_is_rebuilt_when_damaged(first, damage):
    names()
    (path,) = written()
    path.write_bytes(damage)
    assert "first" in names()
    assert path.read_bytes() != damage


def test_installed_rows_work_without_writable_index(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_HOME", str(tmp_path / "file"))
    assert installed_rows()["plugins"]


def test_index_is_not_written_within_tick_of_change(site, write_plugin):
    """A file that changes again within a tick of the clock may have an equal time."""
    write_plugin(site, "zoo-p", PLUGIN)
    assert "first" in names()
    assert not written()
    time.sleep(2 * TICK / 1e9)
    assert "first" in names()
    assert written()


def test_index_is_written_despite_future_file_times(first, site):
    for path in (site, site / "zoo_p" / "plugin.py"):
        os.utime(path, (2**32, 2**32))
    assert "first" in names()
    assert written()


def test_index_is_not_written_while_plugin_is_broken(site, write_plugin):
    write_plugin(site, "zoo-p", "1 / 0")
    time.sleep(2 * TICK / 1e9)
    assert any(row["status"] == "broken" for row in installed_rows()["plugins"])
    assert not written()


def test_index_is_not_written_with_zoo_no_cache(monkeypatch):
    monkeypatch.setenv("ZOO_NO_CACHE", "1")
    installed_rows()
    assert not written()


def test_index_folder_keeps_at_most_sixteen_files(monkeypatch):
    for i in range(20):
        monkeypatch.setenv("ZOO_PLUGINS", f"zoo-{i}")
        installed_rows()
    assert len(written()) == 16
