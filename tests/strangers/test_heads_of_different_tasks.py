"""A model of a stranger's with two heads of different tasks: a class and a number, or a grade."""

import csv
import io

import numpy as np
import pytest

from zoo_core.filenames import WEIGHTS

DATASETS = {"bottles": ("accuracy", "r2"), "cellar": ("exact_match", "r2")}

pytestmark = pytest.mark.requires("zoo-numpy")


@pytest.fixture(params=DATASETS)
def dataset(request):
    return request.param


FRAMEWORKS = ["numpy", pytest.param("torch", marks=pytest.mark.torch)]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_both_heads_learn_from_one_trunk(zoo, dataset, framework):
    trained = zoo("train", f"grader-{framework}", "--dataset", dataset, "--json")
    assert trained.code == 0, trained.err
    scores = trained.json["metrics"]["test"]
    first, second = DATASETS[dataset]
    assert scores[first][0] > 0.65
    assert scores[first][1] is None  # the second head is a number
    assert scores[second][0] is None
    assert scores[second][1] > 0.8


def test_killed_training_resumes_to_equal_bytes(zoo, killed, tmp_path, dataset):
    words = ["train", "grader-numpy", "--dataset", dataset, "--checkpoint-every", 0]
    assert zoo(*words, "--out", "whole").code == 0
    killed(*words, "--out", "run", after=4)
    resumed = zoo("train", "--resume", "run")
    assert resumed.code == 0, resumed.err
    assert (tmp_path / "run" / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()


def test_head_weights_of_the_recipe_decide_which_head_learns(zoo):
    def errors(*weights):
        setting = f"head_weights={list(weights)}"
        words = ["train", "grader-numpy", "--dataset", "bottles", "--set", setting, "--json"]
        return zoo(*words).json["metrics"]["test"]

    only_class, only_price = errors(1, 0), errors(0, 1)
    assert only_class["accuracy"][0] > 0.9 > only_price["accuracy"][0]
    assert only_price["r2"][1] > 0.8 > only_class["r2"][1]


@pytest.fixture
def registry(zoo, dataset, tmp_path):
    """Return the registry of two published models."""
    for tag, recipe in (("good", "default"), ("bad", "short")):
        words = ["train", "grader-numpy", "--recipe", recipe, "--dataset", dataset]
        assert zoo(*words, "--out", tag).code == 0
        done = zoo("publish", tag, "--as", f"grader-numpy.{tag}", "--registry", "registry")
        assert done.code == 0, done.err
    return "--registry", str(tmp_path / "registry")


def test_published_weights_are_verified_reproduced_and_compared(zoo, dataset, registry):
    assert zoo("verify", "grader-numpy.good", *registry).code == 0
    assert "equal bytes" in zoo("reproduce", "grader-numpy.good", *registry).out
    scores = zoo("evaluate", "grader-numpy.good", *registry, "--json").json["metrics"]["test"]
    assert scores["total"] == 150
    compared = zoo("compare", "grader-numpy.good", "grader-numpy.bad", *registry, "--json")
    assert compared.code == 0, compared.err
    first, second = compared.json["questions"]
    assert len(first["shares" if dataset == "bottles" else "means"]) == 2
    assert (second["measure"], len(second["means"])) == ("loss", 2)
    shown = zoo("compare", "grader-numpy.good", "grader-numpy.bad", *registry).out
    assert "\nHead 2, price:\n" in shown


def test_predictions_have_an_entry_per_head(zoo, registry, dataset, tmp_path):
    np.save(tmp_path / "x.npy", np.full((2, 6), 0.5, np.float32))
    words = ["predict", "grader-numpy.good", "x.npy", *registry]
    first, second = zoo(*words).out.splitlines()[0].partition(": ")[2].split("; ")
    assert second.endswith(" USD")
    record = zoo(*words, "--json").json["predictions"][0]
    name = "classes" if dataset == "bottles" else "grades"
    assert first.split(" (")[0].split(",")[0] == record[name][0]
    assert record[name][1] is None
    assert record["values"][0] is None
    assert record["units"] == [None, "USD"]
    row = next(csv.DictReader(io.StringIO(zoo(*words, "--csv").out)))
    # By the names of the targets, if all have one.
    column = "value_2" if dataset == "bottles" else "value_price"
    assert float(row[column]) == record["values"][1]
