"""The model mlp, from its layers to training and prediction."""

import json
import os

import numpy as np
import pytest
import torch
from PIL import Image

import zoo_core as zoo
from zoo_core.data.dataset import load_dataset
from zoo_core.installation.installed import load_catalog
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.recipes.resolve import resolve_config, resolve_recipe
from zoo_mlp.config import MLPConfig
from zoo_mlp.model import ACTIVATIONS, build
from zoo_mlp.recipes import RECIPES


@pytest.mark.parametrize(
    ("hidden", "parameters"), [((), 7_850), ((10,), 7_960), ((128,), 101_770), ((20, 30), 16_640)]
)
def test_mlp_parameter_count_matches_config(hidden, parameters):
    model = build(MLPConfig(hidden=hidden))
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_mlp_gives_logits_per_head(activation):
    config = MLPConfig(
        input_shape=(3, 5, 4), classes=(2, 7), hidden=(6,), activation=activation, dropout=0.5
    )
    first, second = build(config)(torch.randn(9, 3, 5, 4))
    assert (first.shape, second.shape) == ((9, 2), (9, 7))


def test_mlp_normalized_layer_has_no_bias():
    config = MLPConfig(hidden=(6, 5), batch_norm=True, dropout=0.5, activation="silu")
    kinds = [type(layer).__name__ for layer in build(config).trunk]
    assert kinds == ["Flatten", *["Linear", "BatchNorm1d", "SiLU", "Dropout"] * 2]
    assert build(config).trunk[1].bias is None
    assert build(MLPConfig(hidden=(6,))).trunk[1].bias is not None


@pytest.mark.parametrize("value", [64, [64], (64,)])
def test_mlp_config_accepts_one_number_as_hidden_layer(value):
    assert MLPConfig(hidden=value).hidden == (64,)


@pytest.mark.parametrize("name", RECIPES)
def test_mlp_recipe_resolves(name):
    catalog = load_catalog()
    entry = catalog.model("mlp")
    recipe = resolve_recipe(entry, name)
    dataset = catalog.dataset("mnist").spec
    assert resolve_config(entry, recipe, dataset, find_tasks(catalog, dataset.targets)).hidden
    reference = name.startswith(("baseline", "batch64", "leaky"))
    assert recipe.normalize != reference
    assert ((recipe.epochs, recipe.optimizer) == (10, "sgd")) == reference


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlp") / "run"
    return zoo.train("mlp", out=folder, epochs=2, seed=0, device="cpu")


def test_mlp_classifies_digits_after_two_epochs(trained):
    test = trained.card.metrics["test"]
    assert test.total == 10_000
    assert test["accuracy"][0] > 0.96


def test_loaded_weights_reproduce_metrics_and_logits(trained):
    pretrained = zoo.load(trained.folder, device="cpu")
    assert zoo.evaluate(pretrained) == trained.card.metrics["test"]
    images = load_dataset(load_catalog().dataset("mnist")).splits["test"].inputs[:100]
    assert np.array_equal(
        pretrained.predict(images).outputs[0],
        zoo.load(trained.folder, device="cpu").predict(images).outputs[0],
    )


@pytest.mark.slow
def test_training_with_same_seed_gives_same_weights_across_processes(cli):
    sha256s = []
    for out in ("first", "second"):
        result = cli("train", "mlp", "--epochs", 1, "--seed", 4, "--out", out, "--json")
        assert result.code == 0, result.err
        sha256s.append(result.json["weights"]["sha256"])
    assert sha256s[0] == sha256s[1]


def test_predict_labels_png_files_with_trained_run(cli, tmp_path, trained):
    split = load_dataset(load_catalog().dataset("mnist")).splits["test"]
    for i in range(5):
        Image.fromarray(split.inputs[i, 0]).save(tmp_path / f"{i}.png")
    files = [f"{i}.png" for i in range(5)]
    report = cli("predict", trained.folder, *files, "--json", "--force").json
    assert [answer["labels"] for answer in report["predictions"]] == [
        [label] for label in split.targets[0][:5].tolist()
    ]
    assert report["model"].startswith("mlp@sha256:")


@pytest.mark.slow
def test_data_set_with_two_targets_gets_two_heads(cli, tmp_path):
    result = cli("train", "mlp", "--dataset", "two-digit-mnist", "--epochs", 1, "--out", "run")
    assert result.code == 0, result.err
    card = json.loads((tmp_path / "run" / "card.json").read_bytes())
    assert card["config"]["classes"] == [10, 10]
    assert min(card["metrics"]["test"]["accuracy"]) > 0.5


def test_train_rejects_unavailable_device(cli, tmp_path):
    result = cli("train", "mlp", "--device", "tpu")
    assert result.code == 2
    assert "'tpu'" in result.err
    assert ": auto, cpu" in result.err
    assert os.listdir(tmp_path) == ["zoo-home"]


def test_card_records_environment(trained):
    card = json.loads((trained.folder / "card.json").read_text())
    assert card["environment"].keys() >= {"framework", "device", "threads", "cpu_capability"}
    assert card["environment"]["framework"].startswith("torch 2")
