"""Training from name to run folder, with a framework that the core does not import."""

import copy
import dataclasses
import json
import os
import re

import numpy as np
import pytest

from zoo_core.data.augmentation.warps import draw_warps
from zoo_core.data.dataset import Split
from zoo_core.data.splits import TrainingData
from zoo_core.errors import DataError, InvalidValueError, VerificationError
from zoo_core.evaluation.evaluate import evaluate_pretrained
from zoo_core.installation.installed import load_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.training.divergence import DivergedError
from zoo_core.training.schedule import learning_rate
from zoo_core.training.training import Training
from zoo_core.weights.card import read_card
from zoo_core.weights.file import load_weights


def test_run_folder_has_every_file(run):
    names = {"config.json", "metrics.jsonl", "model.safetensors", "card.json", "card.md"}
    names |= {"checkpoints", ".training.lock"}
    assert set(os.listdir(run.folder)) == names
    config = json.loads((run.folder / "config.json").read_text())
    assert config["recipe"] == run.recipe.model_dump()
    assert config["recipe"]["seed"] == 3
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[0]["train"]["total"] == 180
    assert lines[0]["validation"]["total"] == 20


def test_training_learns_and_card_records_scores(run):
    card = run.card
    assert card.metrics["test"]["accuracy"][0] > 0.9
    assert card.metrics["test"].total == 50
    assert (card.model, card.plugin, card.recipe_name) == ("softmax", "zoo-toy", "default")
    assert card.parameters == 90
    assert card.versions.keys() == {"zoo-core", "zoo-toy"}
    assert card.changed == ()
    assert "softmax" in (run.folder / "card.md").read_text()


def test_training_keeps_epoch_with_best_validation(run):
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    ranked = [(line["validation"]["correct"][0], -line["validation"]["loss"][0]) for line in lines]
    assert run.card.epoch == ranked.index(max(ranked)) + 1
    best = lines[run.card.epoch - 1]["validation"]["loss"]
    assert list(run.card.metrics["validation"]["loss"]) == best


def test_training_keeps_last_epoch_if_recipe_says_last(toy, tmp_path):
    restless = {"lr": 5.0, "epochs": 12}  # so that the last epoch is not the best
    best = Training.new(toy, "softmax", out=tmp_path / "best", overrides=[restless]).run()
    last = Training.new(
        toy, "softmax", out=tmp_path / "last", overrides=[restless, {"keep": "last"}]
    ).run()
    assert best.card.epoch < last.card.epoch == 12
    assert best.card.weights.sha256 != last.card.weights.sha256


def test_training_repeats_order_without_reshuffle(toy, tmp_path, monkeypatch):
    orders = []
    order = TrainingData.order

    def spy(self, seed, epoch):
        orders.append(tuple(order(self, seed, epoch)))
        return np.array(orders[-1])

    monkeypatch.setattr(TrainingData, "order", spy)
    Training.new(toy, "softmax", out=tmp_path / "same", overrides=[{"reshuffle": False}]).run()
    Training.new(toy, "softmax", out=tmp_path / "new").run()
    assert len(set(orders[:5])) == 1
    assert len(set(orders[5:])) == 5


def test_training_scores_and_saves_model_of_learner(toy, tmp_path, monkeypatch):
    from zoo_toy.model import ToyLearner

    def show(learner, model, run):
        start(learner, model, run)
        learner.model = copy.deepcopy(model)  # as an average of the weights would be: another
        learner.model.weights[0][:] = 0

    start = ToyLearner.__init__
    monkeypatch.setattr(ToyLearner, "__init__", show)
    monkeypatch.setattr(ToyLearner, "step", lambda self, batch: [np.zeros((len(batch.rows), 3))])
    run = Training.new(toy, "softmax", out=tmp_path / "run").run()
    assert not load_weights(run.folder / "model.safetensors").tensors["head0"].any()
    assert run.card.metrics["validation"]["loss"][0] == pytest.approx(np.log(3))


def test_training_gives_step_its_number_rate_and_warps(toy, tmp_path, monkeypatch):
    from zoo_toy.model import ToyLearner

    batches = []
    step = ToyLearner.step

    def spy(self, batch):
        batches.append(batch)
        return step(self, batch)

    monkeypatch.setattr(ToyLearner, "step", spy)
    catalog = with_fields(toy, "rotate")
    values = {"epochs": 2, "batch_size": 100, "rotate": 10.0, "schedule": "cosine"}
    recipe = Training.new(catalog, "softmax", out=tmp_path / "run", overrides=[values]).run().recipe
    assert [batch.step for batch in batches] == [0, 1, 2, 3]
    assert [len(batch.rows) for batch in batches] == [100, 80, 100, 80]
    assert [batch.lr for batch in batches] == [learning_rate(recipe, i, 4) for i in range(4)]
    for batch in batches:
        assert np.array_equal(
            batch.warps, draw_warps(recipe, (1, 6, 5), len(batch.rows), batch.step)
        )


def with_fields(catalog, *fields):
    """Return a catalog whose toy trainer declares some recipe fields."""
    entry = catalog.trainer("toy")
    spec = dataclasses.replace(entry.spec, recipe_fields=fields)
    catalog._entries_by_kind["trainers"]["toy"] = [dataclasses.replace(entry, spec=spec)]
    return catalog


@pytest.fixture
def composable(toy, monkeypatch):
    """Return the toy catalog, with data that compose new images, and the calls that did so."""
    import zoo_toy.data

    calls, load = [], zoo_toy.data.load

    def compose(seed, epoch, held_out):
        calls.append((seed, epoch, held_out))
        images = np.full((180, 1, 6, 5), epoch, np.uint8)
        return Split(images, (np.full(180, epoch % 3),))

    monkeypatch.setattr(zoo_toy.data, "load", lambda: dataclasses.replace(load(), compose=compose))
    entry = toy.dataset("toy")
    spec = dataclasses.replace(entry.spec, composable=True)
    toy._entries_by_kind["datasets"]["toy"] = [dataclasses.replace(entry, spec=spec)]
    return toy, calls


def test_training_sets_fresh_images_every_epoch_and_others_once(composable, tmp_path, monkeypatch):
    from zoo_toy.model import ToyLearner

    catalog, calls = composable
    first_pixels = []
    set_data = ToyLearner.set_data

    def spy(self, examples):
        first_pixels.append(examples.inputs[0, 0, 0, 0])
        set_data(self, examples)

    monkeypatch.setattr(ToyLearner, "set_data", spy)
    fresh = {"fresh": True, "epochs": 3, "seed": 7}
    run = Training.new(catalog, "softmax", out=tmp_path / "fresh", overrides=[fresh]).run()
    assert [(seed, epoch) for seed, epoch, _ in calls] == [(7, 1), (7, 2), (7, 3)]
    assert all(np.array_equal(held_out, run.data.validation_rows) for _, _, held_out in calls)
    assert first_pixels == [1, 2, 3]
    lines = (run.folder / "metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[2])["train"]["total"] == 180
    Training.new(catalog, "softmax", out=tmp_path / "fixed", overrides=[{"epochs": 3}]).run()
    assert len(first_pixels) == 4


def test_loaded_weights_reproduce_scores_of_card(toy, run):
    pretrained = load_pretrained(toy, run.folder)
    assert evaluate_pretrained(toy, [pretrained]).together == run.card.metrics["test"]
    assert pretrained.name == f"softmax@sha256:{run.card.weights.sha256}"


def test_load_pretrained_accepts_weight_file_alone(toy, run, tmp_path):
    alone = tmp_path / "alone.safetensors"
    (run.folder / "model.safetensors").rename(alone)
    pretrained = load_pretrained(toy, alone)
    assert evaluate_pretrained(toy, [pretrained]).together == run.card.metrics["test"]


def test_training_seed_determines_weights(toy, tmp_path):
    sha256s = [
        Training.new(toy, "softmax", out=tmp_path / str(i), overrides=[{"seed": seed}])
        .run()
        .card.weights.sha256
        for i, seed in enumerate([1, 1, 2])
    ]
    assert sha256s[0] == sha256s[1] != sha256s[2]


def test_card_lists_changed_recipe_fields(toy, tmp_path):
    (tmp_path / "mine.toml").write_text("lr = 0.25")
    changes = [{"lr": 0.25, "seed": 4, "model": {"scale": 0.1}}, {"epochs": 5}]
    card = Training.new(toy, "softmax", out=tmp_path / "run", overrides=changes).run().card
    assert (card.recipe_name, card.changed) == ("default", ("lr", "model"))
    assert re.search("`default` .*lr, model", (tmp_path / "run" / "card.md").read_text())
    recipe = str(tmp_path / "mine.toml")
    card = Training.new(toy, "softmax", recipe=recipe, out=tmp_path / "toml").run().card
    assert (card.recipe_name, card.changed) == ("mine.toml", ())


def test_training_supports_two_heads(toy, tmp_path):
    run = Training.new(toy, "softmax-pairs", out=tmp_path / "run").run()
    test = run.card.metrics["test"]
    assert len(test["accuracy"]) == len(test["loss"]) == len(test["correct"]) == 2
    assert min(test["accuracy"]) > 0.8
    assert test.all_correct <= min(test["correct"])
    predictions = load_pretrained(toy, run.folder).predict(run.data.test.inputs)
    assert predictions.labels.shape == (50, 2)


def test_predict_accepts_one_or_many_images(toy, run):
    pretrained = load_pretrained(toy, run.folder)
    images = run.data.test.inputs
    whole = pretrained.predict(images)
    assert whole.labels.dtype == np.int64
    assert whole.probabilities[0].dtype == np.float32
    assert np.array_equal(pretrained.predict(images[:, 0]).labels, whole.labels)
    assert np.array_equal(pretrained.predict(images[0, 0]).labels, whole.labels[:1])


@pytest.mark.parametrize(
    "images",
    [np.zeros((2, 6, 4), np.uint8), np.zeros((6, 5), np.float32), np.zeros(5, np.uint8)],
)
def test_predict_rejects_wrong_shape_or_dtype(toy, run, images):
    with pytest.raises(InvalidValueError, match=r"uint8 \(N, 1, 6, 5\).*got"):
        load_pretrained(toy, run.folder).predict(images)


def test_diverged_training_names_step_and_saves_no_weights(toy, tmp_path):
    with pytest.raises(DivergedError, match=r"not finite .*step 2 of epoch 1 .*--set lr=1e\+37"):
        Training.new(toy, "softmax", overrides=[{"lr": 1e38}], out=tmp_path / "run").run()
    assert not (tmp_path / "run" / "model.safetensors").exists()
    with pytest.raises(DataError, match=r"no model\.safetensors"):
        load_pretrained(toy, tmp_path / "run")


def test_load_pretrained_rejects_changed_weight_file(toy, run):
    path = run.folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(VerificationError, match=r"model\.safetensors.*sha256 [0-9a-f]{64}, got"):
        load_pretrained(toy, run.folder)


def test_load_pretrained_rejects_damaged_card(toy, run):
    (run.folder / "card.json").write_text("{")
    with pytest.raises(DataError, match=r"card\.json"):
        load_pretrained(toy, run.folder)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"overrides": [{"batch_size": 181}]}, InvalidValueError),
        ({"overrides": [{"dataset": "toy-pairs"}]}, InvalidValueError),
        ({"overrides": [{"model": {"scale": "big"}}]}, InvalidValueError),
        ({"overrides": [{"fresh": True}]}, InvalidValueError),
        ({"overrides": [{"momentum": 0.9}]}, InvalidValueError),
    ],
)
def test_training_rejects_invalid_recipe_without_run_folder(toy, tmp_path, options, error):
    with pytest.raises(error):
        Training.new(toy, "softmax", out=tmp_path / "run", **options).run()
    assert not (tmp_path / "run").exists()


def test_training_rejects_corrupt_dataset_without_run_folder(toy, tmp_path, monkeypatch):
    monkeypatch.setattr("zoo_core.data.dataset.ArrayDataset.sha256", lambda self: "f" * 64)
    with pytest.raises(VerificationError, match="dataset 'toy'.* sha256 .*ffff"):
        Training.new(toy, "softmax", out=tmp_path / "run").run()
    assert not (tmp_path / "run").exists()


def test_training_rejects_dataset_unable_to_compose_as_declared(toy, tmp_path):
    entry = toy.dataset("toy")
    spec = dataclasses.replace(entry.spec, composable=True)
    toy._entries_by_kind["datasets"]["toy"] = [dataclasses.replace(entry, spec=spec)]
    with pytest.raises(DataError, match="'toy' .*compose .*zoo-toy"):
        Training.new(toy, "softmax", out=tmp_path / "run", overrides=[{"fresh": True}]).run()
    assert not (tmp_path / "run").exists()


def test_training_numbers_unnamed_run_folders(toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = [
        Training.new(toy, "softmax", overrides=[{"epochs": 1}]).run().folder for _ in range(2)
    ]
    assert [str(folder) for folder in folders] == ["runs/softmax-1", "runs/softmax-2"]


LISTENER = """
from zoo_core.hookspecs import hookimpl
calls = []

@hookimpl
def zoo_train_start(run):
    calls.append(("start", run.model.name))

@hookimpl
def zoo_epoch_end(epoch, metrics):
    calls.append((epoch, metrics["validation"]["total"]))
    {exc}

@hookimpl
def zoo_train_end(run, result, predictions):
    calls.append(("end", result.model, predictions().labels.shape))
"""


@pytest.mark.parametrize("exc", ["pass", "raise RuntimeError('no ink')"])
def test_training_calls_hooks_and_survives_their_errors(
    site, write_plugin, toy, tmp_path, exc, capsys, monkeypatch
):
    write_plugin(site, "zoo-ear", LISTENER.format(exc=exc))
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-ear")
    catalog = load_catalog()
    Training.new(catalog, "softmax", out=tmp_path / "run", overrides=[{"epochs": 2}]).run()
    import zoo_ear.plugin

    assert zoo_ear.plugin.calls == [
        ("start", "softmax"),
        (1, 20),
        (2, 20),
        ("end", "softmax", (50, 1)),
    ]
    warnings = capsys.readouterr().err.splitlines()
    assert len(warnings) == (0 if exc == "pass" else 2)
    assert all("zoo-ear" in line and "RuntimeError: no ink" in line for line in warnings)
    assert read_card(tmp_path / "run" / "card.json")
