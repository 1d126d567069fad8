"""Owners of bare names: the installation of another plugin never changes the meaning of a name."""

import importlib
import json
import shutil
import sys
from pathlib import Path

import pytest

from zoo_core.errors import AmbiguousNameError
from zoo_core.installation import installed
from zoo_core.installation.installed import installed_catalog, installed_rows, load_catalog
from zoo_core.plugins import bare_names
from zoo_core.plugins.bare_names import (
    FIRST,
    _updated,
    first_offers,
    mark_shared_names,
)
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.plugins.selection import SETTINGS
from zoo_core.plugins.specs import RegistrySpec

MODEL = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec

@hookimpl
def zoo_models():
    return [
        ModelSpec(
            name="alpha", summary="s", builder="nowhere:b", config="nowhere:C",
            recipes="nowhere:R", trainer="t", dataset="d", license="MIT",
        )
    ]
"""


SELECTED = "zoo-a,zoo-b,zoo-z"


@pytest.fixture
def install(site, write_plugin, monkeypatch):
    """Return a function that installs a plugin with the model alpha, and loads all plugins."""
    monkeypatch.setenv("ZOO_PLUGINS", SELECTED)

    def run(name, *, load=True):
        write_plugin(site, name, MODEL)
        importlib.invalidate_caches()  # the folder may have the time of the last import
        if load:
            installed_rows()

    return run


def owner(name="alpha"):
    """Return the distribution that a name means, in a catalog of specs and in one of rows."""
    installed._catalog = None
    loaded = load_catalog().model(name).plugin.distribution
    assert installed_catalog().model(name).plugin.distribution == loaded
    return loaded


@pytest.mark.parametrize("names", [("zoo-a", "zoo-z"), ("zoo-z", "zoo-a")])
def test_plugin_that_is_installed_first_keeps_name(install, names):
    first, second = names
    for name in names:
        install(name)
    assert owner() == first
    assert load_catalog().model(f"{second}/alpha").plugin.distribution == second
    assert {"alpha", f"{second}/alpha"} <= load_catalog().entries("models").keys()
    plugins = {plugin.distribution: plugin for plugin in load_catalog().plugins}
    assert plugins[first].status is Status.OK
    assert plugins[second].status is Status.CONFLICT
    assert f"'alpha' is that of {first}" in plugins[second].reason
    assert f"{second}/alpha" in plugins[second].reason


def test_name_of_plugins_that_are_first_seen_together_is_ambiguous(install):
    install("zoo-a", load=False)
    install("zoo-z")
    install("zoo-b")
    for name in ("zoo-a", "zoo-z", "zoo-b"):
        assert owner(f"{name}/alpha") == name
    with pytest.raises(AmbiguousNameError, match="zoo plugins prefer alpha"):
        load_catalog().model("alpha")
    with pytest.raises(AmbiguousNameError, match="zoo plugins prefer alpha"):
        installed_catalog().model("alpha")


def test_own_plugin_of_zoo_has_its_names_whatever_was_first(install, monkeypatch):
    install("zoo-a")
    assert owner() == "zoo-a"
    install("zoo-b")
    assert owner() == "zoo-a"
    monkeypatch.setattr(bare_names, "OWN_PLUGINS", "b")
    assert load_catalog().model("alpha").plugin.distribution == "zoo-b"


def test_choice_in_settings_wins(install):
    for name in ("zoo-a", "zoo-b", "zoo-z"):
        install(name)
    with SETTINGS.changing() as values:
        values["names"] = {"alpha": "zoo-b"}
    assert owner() == "zoo-b"
    statuses = {plugin.status for plugin in load_catalog().plugins}
    assert Status.CONFLICT not in statuses, "the user has decided"


def test_plugin_that_is_disabled_or_broken_keeps_name(install, site, monkeypatch):
    install("zoo-z")
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-a")
    install("zoo-a")
    assert owner() == "zoo-a"
    monkeypatch.setenv("ZOO_PLUGINS", SELECTED)
    (site / "zoo_z" / "plugin.py").write_text("1 / 0")
    del sys.modules["zoo_z.plugin"]
    installed_rows()
    (site / "zoo_z" / "plugin.py").write_text(MODEL + "# so that its size differs")
    assert owner() == "zoo-z"


def test_plugin_that_is_uninstalled_gives_name_up(install, site, write_plugin):
    install("zoo-z")
    install("zoo-a")
    shutil.rmtree(site / "zoo_z-1.0.dist-info")
    installed_rows()
    assert owner() == "zoo-a"
    write_plugin(site, "zoo-z", None)
    assert owner() == "zoo-a"


def test_names_of_own_plugins_are_not_recorded(install, monkeypatch):
    monkeypatch.setattr(bare_names, "OWN_PLUGINS", "a")
    install("zoo-a")
    assert first_offers() == {}
    assert not Path(FIRST.path).exists()


DAMAGES = ("{", "[]", '{"environments": 1}', '{"environments": {"PREFIX": {"models/alpha": 3}}}')


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_record_leaves_name_ambiguous(install, damage):
    install("zoo-a")
    Path(FIRST.path).write_text(damage.replace("PREFIX", sys.prefix))
    install("zoo-b")
    with pytest.raises(AmbiguousNameError):
        load_catalog().model("alpha")


def test_record_without_writable_folder_is_none(install, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_HOME", str(tmp_path / "file"))
    install("zoo-a")
    assert owner() == "zoo-a"


def test_record_forgets_environments_that_are_gone(install, tmp_path):
    with FIRST.changing() as values:
        values["environments"] = {
            str(tmp_path / "gone"): {"models/alpha": "zoo-x"},
            str(tmp_path): {"models/alpha": "zoo-y"},
        }
    install("zoo-a")
    environments = json.loads(Path(FIRST.path).read_text())["environments"]
    assert environments == {
        str(tmp_path): {"models/alpha": "zoo-y"},
        sys.prefix: {"models/alpha": "zoo-a"},
    }


def test_commands_name_owner_and_newcomer(cli, site, write_plugin):
    code = (Path(__file__).parents[1] / "toy" / "zoo_toy" / "plugin.py").read_text()
    assert cli("list").code == 0  # the first one that loads the plugins
    write_plugin(site, "zoo-another", code)
    listed = {row["name"]: row["plugin"] for row in cli("list", "--json", site=site).json["models"]}
    assert listed["softmax"] == "zoo-toy"
    assert listed["zoo-another/softmax"] == "zoo-another"
    bare = cli("info", "softmax", "--json", site=site).json
    assert (bare["plugin"], bare["bare_name"]) == ("zoo-toy", "zoo-toy/softmax")
    full = cli("info", "zoo-another/softmax", site=site).out
    assert "zoo-another/softmax" in full
    assert "zoo-toy/softmax" in full
    (reason,) = (
        row["reason"]
        for row in cli("plugins", "list", "--json", site=site).json["plugins"]
        if row["name"] == "zoo-another"
    )
    assert "model 'softmax' is that of zoo-toy" in reason
    found = cli("doctor", "--json", site=site).json["findings"]
    assert any("zoo-another/softmax" in each["problem"] for each in found)
    assert cli("train", "softmax", "--epochs", 1, "--out", "run", site=site).code == 0


def test_zoo_plugins_prefer_decides_until_undone(cli, site, write_plugin):
    code = (Path(__file__).parents[1] / "toy" / "zoo_toy" / "plugin.py").read_text()
    cli("list")
    write_plugin(site, "zoo-another", code)

    def plugin_of_softmax():
        return cli("info", "softmax", "--json", site=site).json["plugin"]

    assert plugin_of_softmax() == "zoo-toy"
    done = cli("plugins", "prefer", "softmax", "Zoo_Another", site=site)
    assert (done.code, done.err) == (0, "")
    assert plugin_of_softmax() == "zoo-another"
    undo = done.out.strip().partition("To undo it: zoo ")[2].split()
    assert cli(*undo, site=site).code == 0
    assert plugin_of_softmax() == "zoo-toy"
    for arguments, code in ((["nothing", "zoo-toy"], 2), (["softmax", "zoo-no"], 3), (["x"], 2)):
        wrong = cli("plugins", "prefer", *arguments, site=site)
        assert (wrong.code, wrong.out) == (code, "")


def plugin(name, *offers, status=Status.OK):
    specs = tuple(("registries", RegistrySpec(name=o, summary="", url="u")) for o in offers)
    return Plugin(distribution=name, version="1", entry_point="e", status=status, offers=specs)


def test_owner_changes_only_when_it_is_uninstalled_or_offers_no_more():
    pytest.importorskip("hypothesis")
    from hypothesis import given, strategies as st

    offers = st.sets(st.sampled_from("xy"))
    sites = st.dictionaries(st.sampled_from(["a", "b", "c"]), offers, max_size=3)

    @given(st.lists(sites, min_size=2, max_size=6))
    def check(history):
        record, owners = {}, {}
        for offered in history:
            plugins = [plugin(name, *sorted(names)) for name, names in offered.items()]
            marked = [*mark_shared_names(plugins, {}, record)]
            record = _updated(record, plugins)
            now = {}
            for each in marked:
                for kind, spec in each.offers:
                    if (kind, spec.name) not in each.qualified:
                        assert spec.name not in now, "a name has one owner"
                        now[spec.name] = each.distribution
            for name, before in owners.items():
                if name in offered.get(before, ()):
                    assert now[name] == before
            owners = now

    check()
