"""Plugins: each loaded apart, each with a status and a reason."""

import pytest

from zoo_core.errors import AmbiguousNameError, PluginError, UnknownNameError
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins.plugin import Status
from zoo_core.plugins.specs import DatasetSpec, ModelSpec

MODEL = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec

def spec(name):
    return ModelSpec(
        name=name, summary="s", builder="nowhere.at_all:build", config="nowhere:C",
        recipes="nowhere:R", trainer="t", dataset="d", license="MIT",
    )

@hookimpl
def zoo_models():
    return [spec("alpha")]
"""


def statuses():
    return {plugin.distribution: plugin for plugin in load_catalog().plugins}


def test_a_plugin_is_ok_and_offers_its_model(site, write_plugin):
    write_plugin(site, "zoo-good", MODEL, version="2.3")
    plugin = statuses()["zoo-good"]
    assert plugin.status is Status.OK
    assert plugin.version == "2.3"
    assert load_catalog().model("alpha").spec.trainer == "t"
    assert any(file.endswith("zoo_good/plugin.py") for file in plugin.files)


@pytest.mark.parametrize(
    ("code", "exc"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def f(:", "SyntaxError"),
        (MODEL.replace('[spec("alpha")]', "1 / 0"), "zoo_models failed: ZeroDivisionError"),
        (MODEL.replace("def zoo_models", "def zoo_model"), "there is no hook 'zoo_model'"),
        (MODEL.replace("zoo_models()", "zoo_models(color)"), "color"),
        (MODEL.replace('[spec("alpha")]', '["alpha"]'), "must give ModelSpecs, gave 'alpha'"),
        (MODEL.replace('"alpha"', '"Al.pha"'), "'Al.pha'"),
        (MODEL.replace("nowhere.at_all:build", "no colon"), "builder must be an import string"),
        (MODEL.replace('[spec("alpha")]', '[spec("a"), spec("a")]'), "two things of the name 'a'"),
    ],
)
def test_a_broken_plugin_says_why_and_leaves_the_others_alone(site, write_plugin, code, exc):
    write_plugin(site, "zoo-bad", code)
    write_plugin(site, "zoo-good", MODEL.replace("alpha", "beta"))
    plugins = statuses()
    assert plugins["zoo-bad"].status is Status.BROKEN
    assert exc in plugins["zoo-bad"].reason
    assert "uninstall zoo-bad" in plugins["zoo-bad"].reason
    assert plugins["zoo-bad"].offers == ()
    assert plugins["zoo-good"].status is Status.OK


def test_a_broken_plugin_hears_of_no_training(site, write_plugin):
    hook = "\n@hookimpl\ndef zoo_train_start(run):\n    pass\n"
    write_plugin(site, "zoo-bad", MODEL.replace('[spec("alpha")]', "1 / 0") + hook)
    hook = load_catalog().hooks.zoo_train_start
    heard = [implementation.plugin_name for implementation in hook.get_hookimpls()]
    assert not any("zoo-bad" in name for name in heard)


def test_another_version_of_the_api_is_incompatible(site, write_plugin):
    write_plugin(site, "zoo-future", "raise Exception('not to be imported')", group="zoo.v2")
    plugin = statuses()["zoo-future"]
    assert plugin.status is Status.INCOMPATIBLE
    assert "zoo.v2" in plugin.reason
    assert "zoo.v1" in plugin.reason


def test_a_plugin_made_for_two_versions_is_used_with_this_one(site, write_plugin):
    write_plugin(site, "zoo-both", MODEL)
    points = site / "zoo_both-1.0.dist-info" / "entry_points.txt"
    points.write_text(points.read_text() + "[zoo.v2]\nzoo-both = zoo_both.newer\n")
    plugins = [p for p in load_catalog().plugins if p.distribution == "zoo-both"]
    assert [plugin.status for plugin in plugins] == [Status.OK]


def test_no_plugin_takes_a_command_of_the_core(site, write_plugin):
    write_plugin(
        site,
        "zoo-greedy",
        """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import CommandSpec

@hookimpl
def zoo_commands():
    return [CommandSpec(name="train", command="zoo_greedy.plugin:train", summary="Mine.")]
""",
    )
    plugin = statuses()["zoo-greedy"]
    assert plugin.status is Status.BROKEN
    assert "zoo has a command 'train' of its own" in plugin.reason
    assert load_catalog().command("train").plugin.distribution == "zoo-core"


def test_of_two_installations_the_first_on_the_path_counts(
    site, write_plugin, tmp_path, monkeypatch
):
    write_plugin(site, "zoo-twice", MODEL, version="1.0")
    write_plugin(tmp_path / "first", "zoo-twice", MODEL, version="2.0")
    monkeypatch.syspath_prepend(str(tmp_path / "first"))
    assert statuses()["zoo-twice"].version == "2.0"


def test_only_allowed_plugins_are_imported(site, write_plugin, monkeypatch):
    write_plugin(site, "zoo-a", MODEL)
    write_plugin(site, "zoo-b", "raise Exception('not to be imported')")
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-a, zoo-other")
    catalog = load_catalog()
    found = {plugin.distribution: plugin.status for plugin in catalog.plugins}
    assert found["zoo-a"] is Status.OK
    assert found["zoo-b"] is Status.DISABLED
    assert found["zoo-core"] is Status.OK


def test_a_shared_name_is_ambiguous_and_both_stay_reachable(site, write_plugin):
    write_plugin(site, "zoo-a", MODEL)
    write_plugin(site, "zoo-b", MODEL)
    catalog = load_catalog()
    with pytest.raises(AmbiguousNameError, match="zoo-a/alpha, zoo-b/alpha"):
        catalog.model("alpha")
    assert catalog.model("zoo-b/alpha").plugin.distribution == "zoo-b"
    assert {"zoo-a/alpha", "zoo-b/alpha"} <= catalog.entries("models").keys()
    assert "alpha" not in catalog.entries("models")
    found = {plugin.distribution: plugin for plugin in catalog.plugins}
    assert found["zoo-a"].status is Status.CONFLICT
    assert "also offered by zoo-b" in found["zoo-a"].reason


def test_an_unknown_name_suggests_the_nearest(site, write_plugin):
    write_plugin(site, "zoo-a", MODEL)
    with pytest.raises(UnknownNameError, match="Did you mean 'alpha'"):
        load_catalog().model("alhpa")


def test_an_unknown_name_may_be_what_a_broken_plugin_offers(site, write_plugin):
    write_plugin(site, "zoo-special", "raise OSError('disk on fire')")
    with pytest.raises(PluginError, match=r"zoo-special 1\.0 \(.*disk on fire"):
        load_catalog().model("special")


def test_a_name_like_another_may_be_what_a_broken_plugin_offers_too(
    every_plugin, site, write_plugin
):
    write_plugin(site, "zoo-a", MODEL)
    write_plugin(site, "zoo-special", "raise OSError('disk on fire')")
    with pytest.raises(
        UnknownNameError, match=r"Did you mean 'alpha'.* zoo-special \(zoo doctor\)"
    ):
        load_catalog().model("alphas")


def test_an_import_string_that_fails_names_plugin_and_fault(site, write_plugin):
    write_plugin(site, "zoo-a", MODEL)
    entry = load_catalog().model("alpha")
    with pytest.raises(PluginError, match=r"zoo-a 1\.0 .*nowhere\.at_all:build.*ModuleNotFound"):
        entry.resolve(entry.spec.builder)


@pytest.mark.parametrize("name", ["", "Upper", "a.b", "a b", "-a", "../a", "a/b/c", "ü"])
def test_a_spec_refuses_names_that_are_none(name):
    with pytest.raises(ValueError, match="a name has"):
        ModelSpec(
            name=name,
            summary="",
            builder="a:b",
            config="a:b",
            recipes="a:b",
            trainer="t",
            dataset="d",
            license="MIT",
        )


def test_a_dataset_must_have_train_and_test():
    with pytest.raises(ValueError, match="train and test"):
        DatasetSpec(
            name="d",
            summary="",
            loader="a:b",
            shape=(1, 2, 2),
            classes=(2,),
            sizes={"train": 1},
            sha256="",
            license="",
            source="",
        )
