"""The range test of learning rates, `zoo train --find-lr`."""

import json
import math
import re

import pytest

from zoo_core.errors import TrainingError
from zoo_core.installation.installed import load_catalog
from zoo_core.training.course import lr_range
from zoo_core.training.course.lr_range import HIGHEST, LOWEST, STEPS, find_learning_rate
from zoo_core.training.make_plan import make_plan
from zoo_core.training.training import Training

DRAWING = """
from zoo_core.hookspecs import hookimpl

@hookimpl
def zoo_find_lr_end(title, result, file):
    file.write_text(f"{title}: {result.suggestion:g}")
"""


def test_rates_rise_by_a_factor_to_the_highest(toy):
    plan = make_plan(toy, "softmax", "default", [{"lr": 3, "schedule": "cosine", "warmup": 0.5}])
    found = find_learning_rate(toy, plan, device="cpu", threads=1)
    assert found == find_learning_rate(toy, plan, device="cpu", threads=1)
    assert found.rates[0] == LOWEST
    steps = len(found.rates) - 1
    assert found.rates[-1] == pytest.approx(LOWEST * (HIGHEST / LOWEST) ** (steps / (STEPS - 1)))
    assert len(found.losses) == len(found.smoothed) == len(found.rates)
    assert all(map(math.isfinite, found.losses))
    lowest = found.smoothed.index(min(found.smoothed))
    assert found.suggestion == pytest.approx(found.rates[lowest] / 10, rel=0.05)


def test_toy_model_trains_with_its_suggestion(toy, tmp_path):
    found = find_learning_rate(
        toy, make_plan(toy, "softmax", "default", []), device="cpu", threads=1
    )
    run = Training.new(
        toy, "softmax", out=tmp_path / "run", overrides=[{"lr": found.suggestion}]
    ).run()
    assert run.card.metrics["test"]["accuracy"][0] > 0.9


@pytest.mark.slow
@pytest.mark.requires("zoo-numpy", "zoo-mnist")
def test_numpy_net_trains_with_its_suggestion(tmp_path):
    catalog = load_catalog()
    plan = make_plan(catalog, "numpy-net", "default", [{"epochs": 2}])
    found = find_learning_rate(catalog, plan, device="cpu", threads=1)
    values = {"epochs": 2, "lr": found.suggestion}
    run = Training.new(catalog, "numpy-net", out=tmp_path / "run", overrides=[values]).run()
    assert run.card.metrics["test"]["accuracy"][0] > 0.95


def test_loss_that_diverges_ends_the_test(toy, monkeypatch):
    monkeypatch.setattr(lr_range, "HIGHEST", 1e30)
    plan = make_plan(toy, "softmax", "default", [])
    found = find_learning_rate(toy, plan, device="cpu", threads=1)
    assert found.diverged
    assert len(found.rates) < STEPS


def test_loss_that_does_not_fall_is_an_error(toy, monkeypatch):
    monkeypatch.setattr(lr_range, "LOWEST", 1e-12)
    monkeypatch.setattr(lr_range, "HIGHEST", 1e-9)
    plan = make_plan(toy, "softmax", "default", [])
    with pytest.raises(TrainingError, match="found no learning rate at which"):
        find_learning_rate(toy, plan, device="cpu", threads=1)


def test_find_lr_prints_curve_and_command_and_writes_nothing(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("train", "softmax", "--find-lr", "--seed", 2, "--set", "batch_size=20", "--set=lr=9")
    done = cli(*words)
    assert done.code == 0, done.err
    number = re.search(r"a tenth of that rate, ([\d.e-]+)\.", done.out)[1]
    command = f"zoo train softmax --seed 2 --set batch_size=20 --set lr={number}"
    assert done.out.splitlines()[-1] == f"To train: {command}"
    assert not list(tmp_path.glob("runs"))
    assert cli(*words, "--quiet").out == f"{number}\n"
    found = json.loads(cli(*words, "--json").out)
    assert found["suggestion"] == float(number)
    assert len(found["rates"]) == len(found["losses"]) == len(found["smoothed"])


def test_find_lr_lets_plugins_draw(cli, write_plugin, site, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("train", "softmax", "--find-lr", "--out")
    done = cli(*words, "lr.png")
    assert done.code == 4
    assert "zoo install zoo-report" in done.err
    write_plugin(site, "zoo-drawing", DRAWING)
    done = cli(*words, "lr.png", site=site)
    assert done.code == 0, done.err
    assert "Picture: lr.png" in done.out
    assert (tmp_path / "lr.png").read_text().startswith("softmax on toy: ")
    for name, code, why in (
        ("lr.png", 1, "it exists"),
        ("lr.pdf", 2, "ends in .png or .svg"),
        ("no/lr.png", 1, "there is no folder no"),
    ):
        done = cli(*words, name, site=site)
        assert (done.code, why in done.err) == (code, True), done.err


@pytest.mark.parametrize("words", [("--resume", "run"), ("--resume", "run", "--epochs", 9)])
def test_find_lr_is_refused_with_resume(cli, words):
    done = cli("train", "--find-lr", *words)
    assert done.code == 2
    assert "leave out NAME" in done.err


def test_find_lr_is_refused_for_several_processes(cli, monkeypatch):
    done = cli("train", "softmax", "--find-lr", env={"WORLD_SIZE": "2"})
    assert done.code == 2
    assert "--find-lr: expected 1 process, got 2" in done.err
