"""The model mlp, and the first thing that a newcomer does with zoo."""

import json
import os

import numpy as np
import pytest
import torch
from PIL import Image

import zoo_core as zoo
from zoo_core.data.dataset import load_dataset
from zoo_core.installation.installed import load_catalog
from zoo_core.recipes.resolve import resolve_config, resolve_recipe
from zoo_mlp.config import MLPConfig
from zoo_mlp.model import ACTIVATIONS, build
from zoo_mlp.recipes import RECIPES


@pytest.mark.parametrize(
    ("hidden", "parameters"), [((), 7_850), ((10,), 7_960), ((128,), 101_770), ((20, 30), 16_640)]
)
def test_it_has_the_layers_of_its_config(hidden, parameters):
    model = build(MLPConfig(hidden=hidden))
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_head_gives_logits(activation):
    config = MLPConfig(
        input_shape=(3, 5, 4), classes=(2, 7), hidden=(6,), activation=activation, dropout=0.5
    )
    first, second = build(config)(torch.randn(9, 3, 5, 4))
    assert (first.shape, second.shape) == ((9, 2), (9, 7))


def test_a_normalised_layer_has_no_bias_of_its_own():
    config = MLPConfig(hidden=(6, 5), batch_norm=True, dropout=0.5, activation="silu")
    kinds = [type(layer).__name__ for layer in build(config).trunk]
    assert kinds == ["Flatten", *["Linear", "BatchNorm1d", "SiLU", "Dropout"] * 2]
    assert build(config).trunk[1].bias is None
    assert build(MLPConfig(hidden=(6,))).trunk[1].bias is not None


@pytest.mark.parametrize("value", [64, [64], (64,)])
def test_one_number_is_one_hidden_layer(value):
    assert MLPConfig(hidden=value).hidden == (64,)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_resolves(name):
    catalog = load_catalog()
    entry = catalog.model("mlp")
    recipe = resolve_recipe(entry, name)
    assert resolve_config(entry, recipe, catalog.dataset("mnist").spec).hidden
    reference = name.startswith(("baseline", "batch64", "leaky"))
    assert recipe.normalize != reference
    assert ((recipe.epochs, recipe.optimizer) == (10, "sgd")) == reference


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlp") / "run"
    return zoo.train("mlp", out=folder, epochs=2, seed=0, device="cpu")


def test_it_reads_real_digits_after_two_epochs(trained):
    test = trained.card.metrics["test"]
    assert test.total == 10_000
    assert test.accuracy[0] > 0.96


def test_loaded_weights_give_the_same_answers(trained):
    pretrained = zoo.load(trained.folder, device="cpu")
    assert zoo.evaluate(pretrained) == trained.card.metrics["test"]
    images = load_dataset(load_catalog().dataset("mnist")).splits["test"].images[:100]
    assert np.array_equal(
        pretrained.predict(images).logits[0],
        zoo.load(trained.folder, device="cpu").predict(images).logits[0],
    )


@pytest.mark.slow
def test_one_seed_in_two_processes_gives_one_file(cli):
    sha256s = []
    for out in ("first", "second"):
        result = cli("train", "mlp", "--epochs", 1, "--seed", 4, "--out", out, "--json")
        assert result.code == 0, result.err
        sha256s.append(result.json["weights"]["sha256"])
    assert sha256s[0] == sha256s[1]


def test_from_training_to_reading_a_digit(cli, tmp_path, trained):
    split = load_dataset(load_catalog().dataset("mnist")).splits["test"]
    for i in range(5):
        Image.fromarray(split.images[i, 0]).save(tmp_path / f"{i}.png")
    files = [f"{i}.png" for i in range(5)]
    report = cli("predict", trained.folder, *files, "--json").json
    assert [answer["labels"] for answer in report["predictions"]] == split.labels[:5].tolist()
    assert report["model"].startswith("mlp@sha256:")


def test_two_digits_are_too_many(cli, tmp_path):
    result = cli("train", "mlp", "--dataset", "two-digit-mnist")
    assert result.code == 2
    assert "gives one label an image, dataset 'two-digit-mnist' has 2 labels" in result.err
    assert os.listdir(tmp_path) == ["zoo-home"]


def test_an_absent_device_is_a_usage_error(cli, tmp_path):
    result = cli("train", "mlp", "--device", "tpu")
    assert result.code == 2
    assert "there is no device 'tpu' here" in result.err
    assert os.listdir(tmp_path) == ["zoo-home"]


def test_the_card_names_what_decides_the_bits(trained):
    card = json.loads((trained.folder / "card.json").read_text())
    assert card["environment"].keys() >= {"framework", "device", "threads", "cpu_capability"}
    assert card["environment"]["framework"].startswith("torch 2")
