"""Searches scored on folds, and nested searches, which no outer fold takes part in."""

import json
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

MODEL = ("softmax-pairs", "--epochs", 1, "--set", "lr=0.02")


@pytest.fixture
def tune(cli, monkeypatch, tmp_path):
    """Return a function that runs `zoo tune softmax-pairs`, which is right about a part only."""
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-tune")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: cli("tune", *MODEL, *arguments)


def read(path):
    return json.loads(Path(path).read_text())


def test_score_of_a_setting_is_the_mean_of_its_folds(tune, cli):
    study = tune("--trials", 4, "--folds", 3, "--json").json
    assert study["folds"] == 3
    assert cli("train", *MODEL, "--folds", 3, "--out", "folds").code == 0
    found = read("folds/folds.json")
    # The first trial is the recipe itself.
    scores = pytest.approx([mean_of(each["accuracy"]) for each in found["scores"]])
    assert study["trials"][0]["scores"] == scores
    best = study["trials"][study["best"]]
    recipe = tomllib.loads(Path(study["recipe"]).read_text())
    assert recipe["search"]["validation"] == pytest.approx(mean_of(best["scores"]))
    assert not recipe.keys() & {"folds", "fold"}  # it is trained on all examples
    assert "of 4 trials by accuracy on 3 folds" in Path(study["recipe"]).read_text()
    pruned = [trial for trial in study["trials"] if trial["state"] == "pruned"]
    assert all(len(trial["scores"]) < 3 for trial in pruned)


def mean_of(scores):
    return sum(scores) / len(scores)


def test_each_seed_is_trained_on_each_fold(tune):
    (trial,) = tune("--trials", 1, "--folds", 3, "--seeds", 2, "--json").json["trials"]
    assert len(trial["scores"]) == 6
    assert trial["epochs"] == 6


def test_search_on_folds_is_not_continued_on_others(tune):
    assert tune("--trials", 1, "--folds", 3).code == 0
    result = tune("--trials", 1, "--folds", 4)
    assert result.code == 2
    assert "expected recipe.folds 3, got 4" in result.err


@pytest.mark.parametrize("inner", [(), ("--folds", 2)])
def test_nested_search(tune, inner):
    result = tune("--trials", 2, "--nested", 3, *inner, "--json")
    assert result.code == 0, result.err
    found, folder = result.json, Path("studies/softmax-pairs-nested")
    assert found["run"] == str(folder)
    assert found["pooled"]["total"] == 200
    for fold in (1, 2, 3):
        recipe = tomllib.loads((folder / f"search-{fold}/best.toml").read_text())
        card = read(folder / f"fold-{fold}/card.json")
        assert card["recipe"]["batch_size"] == recipe["batch_size"]
        assert (card["recipe"]["folds"], card["recipe"]["fold"]) == (3, fold)
        assert found["scores"][fold - 1] == card["metrics"]["test"]
        # Without inner folds, the search and the training have the same validation examples.
        score = pytest.approx(mean_of(card["metrics"]["validation"]["accuracy"]))
        assert inner or recipe["search"]["validation"] == score
    again = tune("--trials", 2, "--nested", 3, *inner, "--json")
    assert again.json == found
    assert "Training" not in again.err


def test_nested_search_with_workers_is_that_of_one_process(tune):
    one = tune("--trials", 2, "--nested", 2, "--no-pruning", "--out", "one", "--json").json
    two = ("--trials", 2, "--nested", 2, "--no-pruning", "--workers", 2, "--out", "two", "--json")
    # Apart from the weights' checksums: their headers state the seconds of the search.
    assert tune(*two).json["scores"] == one["scores"]


def test_folds_are_not_searched(tune):
    Path("space.toml").write_text("inherit = false\nfolds = { choices = [2, 3] }\n")
    result = tune("--space", "space.toml")
    assert result.code == 2
    assert "a range of folds, which changes what is scored" in result.err
