"""Licenses on the command line: of data sets, models, and trained and published weights."""

import re

import pytest

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.data_specs import InputSpec, class_targets
from zoo_core.plugins.specs import DatasetSpec, ModelSpec

@hookimpl
def zoo_datasets():
    return [
        DatasetSpec(
            name="shared", summary="Bright rows.", loader="zoo_toy.data:load",
            input=InputSpec(shape=(1, 6, 5)), targets=class_targets(3),
            sizes={"train": 200, "test": 50}, sha256="",
            license="CC-BY-SA-3.0",
            source="made up",
        ),
        DatasetSpec(
            name="unknown", summary="Bright rows.", loader="zoo_toy.data:load",
            input=InputSpec(shape=(1, 6, 5)), targets=class_targets(3),
            sizes={"train": 200, "test": 50}, sha256="",
            license="LicenseRef-unknown", source="made up",
        ),
    ]

@hookimpl
def zoo_models():
    return [
        ModelSpec(
            name="copyleft", summary="Softmax regression.", builder="zoo_toy.model:Softmax",
            config="zoo_toy.config:SoftmaxConfig", recipes="zoo_toy.config:RECIPES", trainer="toy",
            dataset="toy", license="GPL-3.0-or-later",
        )
    ]
"""


@pytest.fixture
def zoo(cli, site, write_plugin):
    """Return `cli` with a plugin that offers data sets and a model under other licenses."""
    write_plugin(site, "zoo-shared", PLUGIN)
    return lambda *arguments: cli(*arguments, site=site)


@pytest.fixture
def publish(zoo):
    """Return a function that trains on a data set, publishes the weights, and returns stderr."""

    def run(dataset):
        assert zoo("train", "softmax", "--dataset", dataset, "--out", f"{dataset}-run").code == 0
        published = zoo(
            *("publish", f"{dataset}-run", "--as", f"softmax.{dataset}", "--registry", "published"),
            "--json",
        )
        assert published.code == 0, published.err
        return published.err

    return run


def names(result, kind):
    return [row["name"] for row in result.json[kind]]


def test_publish_reports_license_stricter_than_code(publish):
    line = publish("shared").strip()
    assert "\n" not in line
    for fact in ("the weights is CC-BY-SA-3.0", "code, MIT", "because of: data (CC-BY-SA-3.0)"):
        assert fact in line


def test_publish_is_silent_about_license_of_code(publish):
    assert "license" not in publish("toy")


def test_list_filters_weights_by_license(zoo, publish):
    for dataset in ("toy", "shared", "unknown"):
        publish(dataset)
    assert zoo("registry", "add", "here", "published").code == 0
    licenses = {
        row["name"]: row["license"] for row in zoo("list", "weights", "--json").json["weights"]
    }
    assert licenses == {
        "softmax.toy": "MIT",
        "softmax.shared": "CC-BY-SA-3.0",
        "softmax.unknown": "LicenseRef-unknown AND MIT",
    }
    for patterns, found in (
        (["mit"], ["softmax.toy"]),
        (["CC-BY*"], ["softmax.shared"]),
        (["MIT", "CC-BY*"], ["softmax.shared", "softmax.toy"]),
        (["MIT", "LicenseRef-*"], ["softmax.toy", "softmax.unknown"]),
    ):
        options = [word for pattern in patterns for word in ("--license", pattern)]
        assert names(zoo("list", "weights", *options, "--json"), "weights") == found
    assert "LICENSE" in zoo("list", "weights").out


def test_list_filters_models_and_datasets_by_license(zoo):
    assert names(zoo("list", "--license", "gpl-*", "--json"), "models") == ["copyleft"]
    assert names(zoo("list", "soft*", "--license", "gpl-*", "--json"), "models") == []
    found = names(zoo("list", "datasets", "--license", "CC*", "--json"), "datasets")
    assert found == ["shared", "synthetic", "toy", "toy-pairs"]
    assert re.match(r"None of the \d+ models fits", zoo("list", "--license", "Zlib").err)
    heading, row = zoo("list", "--license", "gpl-*").out.splitlines()
    assert heading.split()[:2] == ["NAME", "LICENSE"]
    assert row.split()[:2] == ["copyleft", "GPL-3.0-or-later"]


def test_list_refuses_license_of_kind_without_one(zoo):
    result = zoo("list", "trainers", "--license", "MIT")
    assert result.code == 2
    assert "--license applies to datasets, models, weights, not trainers" in result.err
