"""`zoo new --task`: each model learns, is published, verified and reproduced, unedited."""

import numpy as np
import pytest

from zoo_core.plugins.scaffold import TASKS

# Task -> metric of the test split, and a minimum that only a net that has learned reaches.
LEARNED = {
    "regression": ("r2", 0.97),
    "multi-label": ("f1", 0.95),
    "segmentation": ("mean_iou", 0.7),
    "sequence": ("exact_match", 0.9),
}

CHOICES = [
    pytest.param(task, framework, marks=[pytest.mark.torch] * (framework == "torch"))
    for task, frameworks in TASKS.items()
    for framework in frameworks
]

pytestmark = pytest.mark.requires("zoo-numpy")


@pytest.fixture
def zoo(cli, write_plugin, tmp_path):
    """Return a function that runs `zoo new`, and returns one that runs `zoo` with the plugin."""

    def create(task, framework):
        enabled = {"ZOO_PLUGINS": "zoo-net,zoo-numpy,zoo-torch"}
        made = cli("new", "net", "--task", task, "--framework", framework, env=enabled)
        assert made.code == 0, made.err
        write_plugin(tmp_path / "net", "zoo-net", None, module="zoo_net.plugin")
        return lambda *words: cli(*words, env=enabled, site=tmp_path / "net")

    return create


@pytest.mark.parametrize(("task", "framework"), CHOICES)
def test_new_model_for_a_task_learns_and_is_published(zoo, tmp_path, task, framework):
    run = zoo(task, framework)
    trained = run("train", "net", "--out", "run", "--threads", 1, "--json")
    assert (trained.code, trained.err) == (0, "")
    metric, least = LEARNED[task]
    assert trained.json["metrics"]["test"][metric][0] >= least
    registry = ("--registry", tmp_path / "registry")
    assert run("publish", "run", "--as", "net.first", *registry).code == 0
    verified = run("verify", "net.first", *registry)
    assert verified.code == 0, verified.out
    reproduced = run("reproduce", "net.first", *registry)
    assert reproduced.code == 0, reproduced.out
    assert "equal bytes" in reproduced.out


@pytest.mark.slow
@pytest.mark.parametrize(("task", "framework"), CHOICES)
def test_new_model_for_a_task_passes_its_check(zoo, task, framework):
    checked = zoo(task, framework)("check", "net")
    assert checked.code == 0, checked.out
    assert " failed" not in checked.out


def test_new_regression_answers_in_units_and_by_the_names_of_features(zoo, tmp_path):
    run = zoo("regression", "numpy")
    assert run("train", "net", "--out", "run").code == 0
    np.save(tmp_path / "house.npy", np.array([120, 5, 10, 3], np.float32))
    name, price = run("predict", "run", "house.npy").out.split(": ")
    assert name == "house.npy"
    assert price.endswith(" kEUR\n")
    # 120 · (4 - 0.02 · 10) + 15 · 5 - 8 · 3 + 10 on average
    assert float(price.split()[0]) == pytest.approx(517, abs=30)
