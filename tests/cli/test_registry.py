"""Commands on published weights: info, verify, publish, pull, registry, cache."""

import json

import numpy as np
import pytest
from PIL import Image

IMAGE = np.zeros((6, 5), np.uint8)


@pytest.fixture
def here(cli, registry):
    """Return the folder of a registry that was added as `here`."""
    added = cli("registry", "add", "here", "registry")  # a relative path, stored as an absolute one
    assert added.code == 0, added.err
    assert "1 published" in added.out
    return registry


def test_zoo_list_shows_published_weights(cli, here):
    (row,) = cli("list", "weights", "--json").json["weights"]
    assert (row["name"], row["registry"], row["default"]) == ("softmax.first", "here", True)
    table = cli("list", "weights").out
    assert "softmax.first" in table
    assert "default" in table
    assert cli("list", "weights", "cnn*").out == ""


def test_zoo_info_shows_published_weights(cli, here):
    facts = cli("info", "softmax.first", "--json").json
    assert facts["registry"] == "here"
    assert facts["metrics"]["test"]["total"] == 50
    assert "softmax.first" in cli("info", "softmax").out
    assert cli("info", "softmax.second").code == 3


def test_zoo_predict_loads_weights_by_name(cli, here, tmp_path):
    Image.fromarray(IMAGE).save(tmp_path / "image.png")
    report = cli("predict", "softmax", "image.png", "--json", "--force").json
    assert report["model"].startswith("softmax.first@sha256:")
    assert report["predictions"][0]["file"] == "image.png"
    plain = cli("predict", "softmax", "image.png", "--force")
    assert plain.out.startswith("image.png: ")
    assert report["model"] in plain.err  # the full name of the default tag
    assert cli("predict", report["model"], "image.png", "--force").code == 0


def test_zoo_evaluate_loads_weights_by_name(cli, here, run):
    report = cli("evaluate", "softmax", "--json").json
    assert report["metrics"]["test"]["correct"] == list(run.card.metrics["test"]["correct"])


def test_zoo_verify_lists_checks(cli, here):
    result = cli("verify", "--all")
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0].startswith("softmax.first@sha256:")
    assert [line.split()[0] for line in lines[1:]] == ["ok"] * 5
    assert " ms" in lines[1]
    (report,) = cli("verify", "softmax", "--json").json["weights"]
    assert report["verified"]
    assert len(report["checks"]) == 5


def test_zoo_verify_exits_5_on_damaged_weights(cli, here):
    path = here / "softmax/first/model.safetensors"
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    result = cli("verify", "--all")
    assert result.code == 5
    assert "FAIL  file: " in result.out
    report = cli("verify", "--all", "--json")
    assert report.code == 5
    assert not report.json["weights"][0]["verified"]
    assert str(path) in report.json["weights"][0]["checks"][0]["error"]


def test_added_registry_says_which_names_are_those_of_others(cli, here):
    added = cli("registry", "add", "there", "registry")
    assert "there/softmax.first" in added.out
    assert "zoo registry prefer there" in added.out
    rows = cli("list", "weights", "--json").json["weights"]
    listed = [(row["name"], row["registry"], row["default"]) for row in rows]
    assert listed == [("softmax.first", "here", True), ("there/softmax.first", "there", True)]
    assert cli("info", "softmax.first", "--json").json["registry"] == "here"
    assert cli("registry", "prefer", "there").code == 0
    assert cli("info", "softmax.first", "--json").json["registry"] == "there"
    assert cli("registry", "prefer", "--undo").code == 0
    assert cli("info", "softmax.first", "--json").json["registry"] == "here"
    assert cli("registry", "prefer", "tehre").code == 3
    assert cli("registry", "prefer").code == 2


@pytest.mark.parametrize("command", ["verify", "pull"])
def test_all_option_exits_5_on_unreadable_registry(cli, here, tmp_path, command):
    other = tmp_path / "other"
    assert cli("publish", "run", "--as", "softmax.b", "--registry", other).code == 0
    assert cli("registry", "add", "other", other).code == 0
    (here / "index.json").write_text("{}")
    result = cli(command, "--all")
    assert result.code == 5
    assert "zoo: registry here: " in result.err
    assert "softmax.b@sha256:" in result.out
    assert cli(command, "--all", "--registry", other).code == 0
    assert cli(command, "--all", "--registry", tmp_path / "none").code == 1


@pytest.mark.parametrize("arguments", [[], ["softmax", "--all"]])
@pytest.mark.parametrize("command", ["verify", "pull"])
def test_verify_and_pull_require_either_names_or_all(cli, here, command, arguments):
    result = cli(command, *arguments)
    assert result.code == 2
    assert "zoo list weights" in result.err


def test_zoo_reproduce_reports_equal_bytes(cli, here):
    result = cli("reproduce", "softmax")
    assert result.code == 0, result.err
    assert "ok    seed 3: equal bytes" in result.out
    report = cli("reproduce", "softmax", "--seeds", 2, "--json").json
    assert [each["seed"] for each in report["reproductions"]] == [0, 1]
    assert report["reproductions"][0]["differences"] == {}


def test_zoo_publish_publishes_run_once(cli, run, tmp_path):
    command = ["publish", "run", "--as", "softmax.mine", "--registry", "mine"]
    result = cli(*command)
    assert result.code == 0
    assert result.out.startswith("Published softmax.mine@sha256:")
    assert cli(*result.out.splitlines()[1].partition("zoo ")[2].split()).code == 0
    again = cli(*command)
    assert again.code == 2
    assert "softmax.mine" in again.err
    assert cli("publish", "run", "--as", "softmax.b", "--registry", "mine", "--json").json["bytes"]


def test_zoo_publish_computes_interval_from_seed_runs(cli, tmp_path):
    for seed in range(3):
        assert cli("train", "softmax", "--seed", seed, "--out", f"seed-{seed}").code == 0
    others = ["--seed-run", "seed-1", "--seed-run", "seed-2"]
    result = cli("publish", "seed-0", "--as", "softmax.a", "--registry", "mine", *others)
    assert result.code == 0, result.err
    card = json.loads((tmp_path / "mine/softmax/a/card.json").read_text())
    assert card["interval"]["seeds"] == [0, 1, 2]


def test_zoo_pull_prints_path_of_weights(cli, here):
    result = cli("pull", "softmax")
    assert result.code == 0
    assert str(here / "softmax/first/model.safetensors") in result.out
    assert cli("pull", "--all", "--json").json["weights"][0]["registry"] == "here"


def test_zoo_registry_lists_and_removes(cli, here):
    assert str(here) in cli("registry", "list").out
    (row,) = cli("registry", "list", "--json").json["registries"]
    assert row == {"name": "here", "url": str(here), "source": "added"}
    assert cli("registry", "remove", "here").code == 0
    assert cli("registry", "remove", "here").code == 3
    assert cli("verify", "softmax").code == 3


def test_zoo_cache_is_empty_for_folder_registry(cli, here):
    assert cli("cache", "ls", "--json").json["files"] == []
    assert "is empty" in cli("cache", "ls").err
    assert cli("cache", "prune").out == "Freed 0 bytes.\n"
    assert cli("cache", "verify", "--json").json == {"schema": 1, "files": 0, "damaged": []}


def test_zoo_cache_lists_verifies_prunes_and_removes(cli, here, tmp_path):
    """The cache has files as after a download: their names are their checksums."""
    sha256 = cli("list", "weights", "--json").json["weights"][0]["sha256"]
    cache = tmp_path / "zoo-home" / "sha256"
    cache.mkdir(parents=True)
    weights = here / "softmax/first/model.safetensors"
    (cache / sha256).write_bytes(weights.read_bytes())
    (cache / ("0" * 64)).write_bytes(b"what nobody publishes")
    assert "here/softmax.first" in cli("cache", "ls").out
    damaged = cli("cache", "verify")
    assert damaged.code == 5
    assert "1 of 2 files are intact" in damaged.out
    index = (here / "index.json").read_bytes()
    (here / "index.json").write_text("{}")
    assert cli("cache", "prune").code == 5
    assert len(list(cache.iterdir())) == 2  # the registry may still publish them
    (here / "index.json").write_bytes(index)
    assert cli("cache", "prune").out == "Freed 21 bytes.\n"
    assert cli("cache", "verify").code == 0
    size = weights.stat().st_size
    assert cli("cache", "rm", "softmax").out == f"Freed {size:,} bytes.\n"
    assert list(cache.iterdir()) == []
