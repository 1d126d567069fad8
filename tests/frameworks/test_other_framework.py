"""A model and a trainer for another framework, scikit-learn, without any change to the core.

The plugin is in the folder `other_framework`.
"""

import shutil
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "other_framework" / "zoo_sklearn"
CORE = Path(__file__).parents[2] / "zoo_core"

pytestmark = [pytest.mark.slow, pytest.mark.requires("scikit-learn", "zoo-mnist")]

ONLY = {"ZOO_PLUGINS": "zoo-sklearn,zoo-mnist,zoo-toy"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory, write_plugin):
    folder = tmp_path_factory.mktemp("other-framework")
    write_plugin(folder, "zoo-sklearn", None)
    shutil.copytree(SOURCE, folder / SOURCE.name)
    return folder


@pytest.fixture
def zoo(cli, installed):
    """Return a function that runs `zoo` with the plugin and returns its JSON."""

    def run(*arguments):
        done = cli(*arguments, "--json", site=installed, env=ONLY)
        assert done.code == 0, done.err + done.out
        return done.json

    return run


def test_sklearn_model_trains_publishes_verifies_and_loads(
    zoo, cli, run_python, installed, tmp_path
):
    assert [row["name"] for row in zoo("list", "linear")["models"]] == ["linear"]
    trained = zoo("train", "linear", "--dataset", "synthetic", "--out", tmp_path / "run")
    test = trained["metrics"]["test"]
    assert test["accuracy"][0] > 0.9
    zoo("publish", tmp_path / "run", "--as", "linear.first", "--registry", tmp_path / "registry")
    zoo("verify", "linear.first", "--registry", tmp_path / "registry")
    assert cli("registry", "add", "mine", tmp_path / "registry").code == 0
    assert zoo("evaluate", "linear.first")["metrics"]["test"] == test
    zoo("reproduce", "linear.first")
    code = (
        "import numpy as np, zoo_core as zoo\n"
        "pretrained = zoo.load('linear')\n"
        "print(pretrained.predict(np.zeros((2, 3, 16, 16), np.uint8)).labels.shape)\n"
    )
    assert run_python(code, site=installed, env=ONLY) == "(2, 1)\n"


@pytest.mark.parametrize("dataset", ["synthetic", "toy-pairs"])
def test_sklearn_model_learns_every_head_of_dataset(zoo, tmp_path, dataset):
    trained = zoo("train", "linear", "--dataset", dataset, "--out", tmp_path / "run")
    assert all(accuracy > 0.9 for accuracy in trained["metrics"]["test"]["accuracy"])


def test_sklearn_plugin_passes_zoo_check(zoo):
    checked = zoo("check", "zoo-sklearn")
    skipped = [each["message"] for each in checked["checks"] if each["status"] == "skipped"]
    assert checked["passed"] == len(checked["checks"]) - len(skipped) > 50
    assert {*skipped} == {"no installed trainer of scikit-learn has loss_gradient"}


def test_core_does_not_mention_sklearn():
    for path in CORE.rglob("*.py"):
        assert "sklearn" not in path.read_text().replace("scikit-learn", "sklearn"), path
