"""Sources: data sets that are described on request, by ``SOURCE:ADDRESS``."""

import pytest

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.data_specs import InputSpec, class_targets
from zoo_core.plugins.specs import DatasetSpec, SourceSpec

@hookimpl
def zoo_sources():
    return [
        SourceSpec(name="repeated", summary="The toy's data set, repeated.",
            describe="zoo_repeated.plugin:describe", address="NUMBER")
    ]

def describe(address):
    dataset = load(address)
    sizes = {name: len(split) for name, split in dataset.splits.items()}
    return DatasetSpec(name=f"repeated:{address}", summary="Repeated.", address=address,
        input=InputSpec(shape=(1, 6, 5)), targets=class_targets(3),
        loader="zoo_repeated.plugin:load", sizes=sizes,
        sha256=dataset.sha256(), license="CC0-1.0", source="made up")

def load(address):
    import dataclasses
    import numpy as np
    from zoo_core.data.dataset import Split
    from zoo_core.errors import InvalidValueError
    from zoo_toy.data import load

    if not address.isdigit():
        raise InvalidValueError(f"{address!r} is not a number")
    once = load()
    train = once.splits["train"]
    images = np.tile(train.inputs, (int(address), 1, 1, 1))
    labels = np.tile(train.targets[0], int(address))
    return dataclasses.replace(once, splits={**once.splits, "train": Split(images, (labels,))})
"""


@pytest.fixture
def zoo(cli, site, write_plugin):
    """Return a function that runs `zoo` where a plugin offers the source `repeated`."""
    write_plugin(site, "zoo-repeated", PLUGIN)

    def run(*arguments):
        return cli(*arguments, site=site)

    return run


def test_source_dataset_trains_and_evaluates_model(zoo):
    done = zoo("train", "softmax", "--dataset", "repeated:3", "--out", "run", "--json")
    assert done.code == 0, done.err
    scores = zoo("evaluate", "run", "--split", "train", "--json").json
    assert (scores["dataset"], scores["metrics"]["train"]["total"]) == ("repeated:3", 600)


def test_zoo_list_and_info_describe_source_and_its_dataset(zoo):
    (row,) = zoo("list", "sources", "repeated", "--json").json["sources"]
    assert (row["name"], row["address"], row["plugin"]) == ("repeated", "NUMBER", "zoo-repeated")
    assert zoo("list", "sources").out.split("\n")[0].split() == [
        *("NAME", "ADDRESS", "PLUGIN", "SUMMARY")
    ]
    assert zoo("info", "repeated", "--json").json["kind"] == "source"
    found = zoo("info", "repeated:2", "--json").json
    assert (found["kind"], found["name"], found["sizes"]["train"]) == ("dataset", "repeated:2", 400)


def test_described_data_have_the_name_that_was_asked_for(site, cli, write_plugin, tmp_path):
    code = PLUGIN.replace('name=f"repeated:{address}"', 'name="twice"')
    write_plugin(site, "zoo-repeated", code)
    done = cli("info", "repeated:2", site=site)
    assert done.code == 4
    expected = "describe: expected a DatasetSpec with the name 'repeated:2' from "
    assert f"{expected}zoo_repeated.plugin:describe, got 'twice'" in done.err
    file = tmp_path / "twice.py"
    file.write_text(code.replace("zoo_repeated.plugin", "twice"), encoding="utf-8")
    assert f"Edit {file}:13." in cli("-p", file, "info", "repeated:2").err


@pytest.mark.parametrize(
    ("dataset", "code", "expected"),
    [
        ("repeated:", 2, ["'repeated:'", "repeated:NUMBER"]),
        ("repeated:two", 2, ["'two' is not a number"]),
        ("repeatd:2", 3, ["'repeatd'", "'repeated'?"]),
        ("repeated", 3, ["'repeated'", "source", "repeated:NUMBER"]),
        ("photos", 3, ["'photos'", "repeated:NUMBER"]),
    ],
)
def test_zoo_train_names_remedy_for_unresolved_dataset(every_plugin, zoo, dataset, code, expected):
    done = zoo("train", "softmax", "--dataset", dataset)
    assert done.code == code
    assert all(fact in done.err for fact in expected)


WHERE = """
import os
from zoo_core.errors import DataError
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import SourceSpec

@hookimpl
def zoo_sources():
    return [
        SourceSpec(name="where", summary="", describe="zoo_where.plugin:describe", address="ANY")
    ]

def describe(address):
    raise DataError(f"searched {os.environ.get('ZOO_DATA')}")
"""


@pytest.mark.parametrize("command", [["train", "softmax"], ["evaluate", "run"]])
def test_data_dir_option_overrides_zoo_data_variable(
    cli, site, write_plugin, run, tmp_path, command
):
    write_plugin(site, "zoo-where", WHERE)
    (tmp_path / "given").mkdir()
    command = [*command, "--dataset", "where:ever"]
    for arguments, env, found in (
        (["--data-dir", "given"], {}, "given"),
        ([], {"ZOO_DATA": "set"}, "set"),
        (["--data-dir", "given"], {"ZOO_DATA": "set"}, "given"),
        ([], {}, "None"),
    ):
        plugins = {"ZOO_PLUGINS": "zoo-toy,zoo-where"}
        done = cli(*command, *arguments, site=site, env=env | plugins)
        assert f"searched {found}" in done.err
    done = cli(*command, "--data-dir", "absent", site=site)
    assert done.code == 2
    assert "'absent' does not exist" in done.err
