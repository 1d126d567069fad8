"""The plugin loader: isolation, statuses and reasons."""

import json
import re

import pytest

from zoo_core.errors import (
    AmbiguousNameError,
    InvalidValueError,
    PluginError,
    UnknownNameError,
)
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins.data_specs import InputSpec, class_targets
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


def test_load_catalog_offers_model_of_healthy_plugin(site, write_plugin):
    write_plugin(site, "zoo-good", MODEL, version="2.3")
    plugin = statuses()["zoo-good"]
    assert plugin.status is Status.OK
    assert plugin.version == "2.3"
    assert load_catalog().model("alpha").spec.trainer == "t"
    assert any(file.endswith("zoo_good/plugin.py") for file in plugin.files)


@pytest.mark.parametrize(
    ("code", "pattern"),
    [
        ("import no_such_module", "ModuleNotFoundError.*'no_such_module'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def f(:", "SyntaxError"),
        (MODEL.replace('[spec("alpha")]', "1 / 0"), "zoo_models.*ZeroDivisionError"),
        (MODEL.replace("def zoo_models", "def zoo_model"), "'zoo_model'"),
        (MODEL.replace("zoo_models()", "zoo_models(color)"), "color"),
        (MODEL.replace('[spec("alpha")]', '["alpha"]'), "ModelSpec.*'alpha'"),
        (MODEL.replace('"alpha"', '"Al.pha"'), "'Al.pha'"),
        (MODEL.replace("nowhere.at_all:build", "no colon"), "builder.*'no colon'"),
        (MODEL.replace('[spec("alpha")]', '[spec("a"), spec("a")]'), "zoo_models.*two.*'a'"),
        (
            MODEL.replace('[spec("alpha")]', 'spec("alpha")'),
            "zoo_models: expected a list of ModelSpecs, got one ModelSpec 'alpha'",
        ),
        (
            MODEL.replace('return [spec("alpha")]', "pass"),
            "expected a list of ModelSpecs, got None",
        ),
        (
            MODEL.replace("zoo_models", "zoo_datasets"),
            "zoo_datasets: expected DatasetSpecs, got ModelSpec 'alpha': return it from zoo_models",
        ),
        (
            MODEL.replace('return [spec("alpha")]', "yield 1 / 0"),
            "zoo_models failed: ZeroDivisionError",
        ),
        (MODEL.replace("@hookimpl", ""), "zoo_models has no decorator @hookimpl"),
        (
            MODEL.replace('license="MIT"', 'license="MIT", heads=(1,)'),
            r"heads: expected an integer or None, got \(1,\)",
        ),
    ],
)
def test_load_catalog_isolates_and_explains_broken_plugin(site, write_plugin, code, pattern):
    write_plugin(site, "zoo-bad", code)
    write_plugin(site, "zoo-good", MODEL.replace("alpha", "beta"))
    plugins = statuses()
    assert plugins["zoo-bad"].status is Status.BROKEN
    assert re.search(pattern, plugins["zoo-bad"].reason)
    assert "uninstall zoo-bad" in plugins["zoo-bad"].reason
    assert plugins["zoo-bad"].offers == ()
    assert plugins["zoo-good"].status is Status.OK


LOSS = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import LossSpec

@hookimpl
def zoo_losses():
    return [
        LossSpec(
            name="log", summary="s", loss=f"{task}.losses:log", task=task, framework=framework
        )
        for task, framework in PAIRS
    ]
"""


def test_losses_of_one_name_are_told_apart_by_task_and_framework(site, write_plugin):
    write_plugin(site, "zoo-a", LOSS.replace("PAIRS", "[('one', 'x'), ('two', 'x')]"))
    write_plugin(site, "zoo-b", LOSS.replace("PAIRS", "[('one', 'y')]"))
    plugins, catalog = statuses(), load_catalog()
    assert [plugins[name].status for name in ("zoo-a", "zoo-b")] == [Status.OK] * 2
    found = [catalog.loss("log", *pair) for pair in (("one", "x"), ("two", "x"), ("one", "y"))]
    assert [(each.plugin.distribution, each.spec.loss) for each in found] == [
        ("zoo-a", "one.losses:log"),
        ("zoo-a", "two.losses:log"),
        ("zoo-b", "one.losses:log"),
    ]
    missing = "no loss for z: .*LossSpec .*'z'.* model of another framework: x, y"
    with pytest.raises(InvalidValueError, match=missing):
        catalog.loss("log", "one", "z")
    with pytest.raises(InvalidValueError, match="no loss 'lgo'.*Choose one of: log"):
        catalog.loss("lgo", "one", "x")


def test_missing_loss_names_frameworks_that_have_it_and_the_nearest_one(site, write_plugin):
    write_plugin(site, "zoo-a", LOSS.replace("PAIRS", "[('one', 'torch')]"))
    own = LOSS.replace("PAIRS", "[('one', 'pytorch')]").replace('"log"', '"focal"')
    write_plugin(site, "zoo-b", own)
    catalog = load_catalog()
    with pytest.raises(InvalidValueError, match="'focal' of task 'one' for torch, only for pytor"):
        catalog.loss("focal", "one", "torch")
    with pytest.raises(InvalidValueError, match=r"no loss for pitorch: .*mean 'pytorch'\? Offer"):
        catalog.loss("log", "one", "pitorch")


def test_loss_of_two_plugins_needs_its_qualified_name(site, write_plugin):
    for name in ("zoo-a", "zoo-b"):
        write_plugin(site, name, LOSS.replace("PAIRS", "[('one', 'x')]"))
    plugins, catalog = statuses(), load_catalog()
    assert plugins["zoo-a"].status is Status.CONFLICT
    with pytest.raises(AmbiguousNameError, match="loss 'log'.*zoo-a/log, zoo-b/log"):
        catalog.loss("log", "one", "x")
    assert catalog.loss("zoo-b/log", "one", "x").plugin.distribution == "zoo-b"


MISTAKES = {
    "import": ("import no_such_module", "import no_such"),
    "syntax": ("x = 1\ndef f(:", "def f"),
    "spec": (MODEL.replace('"nowhere:C"', "3"), "return ModelSpec("),
    "hook": (MODEL.replace('[spec("alpha")]', "1 / 0"), "1 / 0"),
    "generator": (MODEL.replace('return [spec("alpha")]', "yield 1 / 0"), "1 / 0"),
    "list": (MODEL.replace('[spec("alpha")]', 'spec("alpha")'), "@hookimpl"),
    "kind": (MODEL.replace("zoo_models", "zoo_datasets"), "@hookimpl"),
    "marker": (MODEL.replace("@hookimpl", ""), "def zoo_models"),
    "misspelled": (MODEL.replace("zoo_models", "zoo_modles"), "@hookimpl"),
}
"""Mistake -> code of a plugin, and the beginning of its wrong line."""


@pytest.mark.parametrize(("code", "line"), MISTAKES.values(), ids=MISTAKES)
@pytest.mark.parametrize("editable", [False, True])
def test_reason_of_broken_plugin_names_line(site, write_plugin, code, line, editable):
    write_plugin(site, "zoo-bad", code)
    if editable:
        info = {"url": "file:///any", "dir_info": {"editable": True}}
        (site / "zoo_bad-1.0.dist-info" / "direct_url.json").write_text(json.dumps(info))
    number = next(n for n, each in enumerate(code.splitlines(), 1) if line in each)
    place = f"{site / 'zoo_bad' / 'plugin.py'}:{number}"
    fix = f"edit {place}" if editable else "fix or upgrade zoo-bad"
    reason = statuses()["zoo-bad"].reason
    assert reason.endswith(f" (at {place}); {fix}, or: zoo uninstall zoo-bad")


@pytest.mark.parametrize(
    ("written", "meant"), [("zoo_modles", "zoo_models"), ("zoo_training_end", "zoo_train_end")]
)
def test_unknown_hook_suggests_the_one_that_is_meant(site, write_plugin, written, meant):
    write_plugin(site, "zoo-bad", f"{MODEL}\n\n@hookimpl\ndef {written}(): pass\n")
    reason = statuses()["zoo-bad"].reason
    assert f"there is no hook '{written}'. Did you mean '{meant}'?" in reason


def test_training_hooks_exclude_broken_plugin(site, write_plugin):
    hook = "\n@hookimpl\ndef zoo_train_start(run):\n    pass\n"
    write_plugin(site, "zoo-bad", MODEL.replace('[spec("alpha")]', "1 / 0") + hook)
    hook = load_catalog().hooks.zoo_train_start
    names = [implementation.plugin_name for implementation in hook.get_hookimpls()]
    assert not any("zoo-bad" in name for name in names)


def test_load_catalog_marks_plugin_of_other_api_incompatible(site, write_plugin):
    write_plugin(site, "zoo-future", "raise Exception('not to be imported')", group="zoo.v2")
    plugin = statuses()["zoo-future"]
    assert plugin.status is Status.INCOMPATIBLE
    assert "zoo.v2" in plugin.reason
    assert "zoo.v1" in plugin.reason


def test_load_catalog_accepts_plugin_for_two_api_versions(site, write_plugin):
    write_plugin(site, "zoo-both", MODEL)
    points = site / "zoo_both-1.0.dist-info" / "entry_points.txt"
    points.write_text(points.read_text() + "[zoo.v2]\nzoo-both = zoo_both.newer\n")
    plugins = [p for p in load_catalog().plugins if p.distribution == "zoo-both"]
    assert [plugin.status for plugin in plugins] == [Status.OK]


def test_load_catalog_refuses_plugin_that_overrides_core_command(site, write_plugin):
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
    assert "command 'train'" in plugin.reason
    assert load_catalog().command("train").plugin.distribution == "zoo-core"


def test_load_catalog_prefers_first_installation_on_path(site, write_plugin, tmp_path, monkeypatch):
    write_plugin(site, "zoo-twice", MODEL, version="1.0")
    write_plugin(tmp_path / "first", "zoo-twice", MODEL, version="2.0")
    monkeypatch.syspath_prepend(str(tmp_path / "first"))
    assert statuses()["zoo-twice"].version == "2.0"


def test_load_catalog_imports_only_allowed_plugins(site, write_plugin, monkeypatch):
    write_plugin(site, "zoo-a", MODEL)
    write_plugin(site, "zoo-b", "raise Exception('not to be imported')")
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-a, zoo-other")
    catalog = load_catalog()
    found = {plugin.distribution: plugin.status for plugin in catalog.plugins}
    assert found["zoo-a"] is Status.OK
    assert found["zoo-b"] is Status.DISABLED
    assert found["zoo-core"] is Status.OK


def test_catalog_requires_plugin_prefix_for_shared_name(site, write_plugin):
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
    assert re.search("'alpha'.*zoo-b", found["zoo-a"].reason)


def test_catalog_suggests_nearest_name_for_unknown_name(site, write_plugin):
    write_plugin(site, "zoo-a", MODEL)
    with pytest.raises(UnknownNameError, match="Did you mean 'alpha'"):
        load_catalog().model("alhpa")


def test_catalog_reports_broken_plugin_for_unknown_name(site, write_plugin):
    write_plugin(site, "zoo-special", "raise OSError('disk on fire')")
    with pytest.raises(PluginError, match=r"zoo-special 1\.0 \(.*disk on fire"):
        load_catalog().model("special")


def test_catalog_suggests_nearest_name_and_broken_plugin(every_plugin, site, write_plugin):
    write_plugin(site, "zoo-a", MODEL)
    write_plugin(site, "zoo-special", "raise OSError('disk on fire')")
    with pytest.raises(
        UnknownNameError, match=r"Did you mean 'alpha'.* zoo-special \(zoo doctor\)"
    ):
        load_catalog().model("alphas")


@pytest.mark.parametrize("name", ["", "Upper", "a.b", "a b", "-a", "../a", "a/b/c", "ü"])
def test_model_spec_refuses_invalid_name(name):
    with pytest.raises(ValueError, match="lower-case"):
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


def test_dataset_spec_requires_train_and_test_splits():
    with pytest.raises(ValueError, match="train and test"):
        DatasetSpec(
            name="d",
            summary="",
            loader="a:b",
            input=InputSpec(shape=(1, 2, 2)),
            targets=class_targets(2),
            sizes={"train": 1},
            sha256="",
            license="",
            source="",
        )
