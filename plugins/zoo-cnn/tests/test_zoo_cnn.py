"""The model cnn: its layers, compared with the reference study's, and its accuracy."""

import re

import numpy as np
import pytest
import torch
from torch import nn

import zoo_core as zoo
from zoo_cnn.config import CNNConfig
from zoo_cnn.model import build
from zoo_core.errors import InvalidValueError
from zoo_core.installation.installed import load_catalog
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.recipes.resolve import resolve_config, resolve_recipe


def config_of(recipe):
    catalog = load_catalog()
    entry = catalog.model("cnn")
    resolved = resolve_recipe(entry, recipe)
    dataset = catalog.dataset("mnist").spec
    return resolve_config(entry, resolved, dataset, find_tasks(catalog, dataset.targets))


def test_reference_recipe_builds_reference_layers():
    torch.manual_seed(0)
    model = build(config_of("reference")).eval()
    oracle = nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1600, 128),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
    ).eval()
    state = zip(oracle.state_dict(), model.state_dict().values(), strict=True)
    oracle.load_state_dict(dict(state))
    x = torch.randn(7, 1, 28, 28)
    torch.testing.assert_close(model(x)[0], oracle(x))
    assert model.dropout.p == 0.5


@pytest.mark.parametrize(
    ("values", "parameters"),
    [
        ({}, 225_034),
        ({"channels": [4], "kernel_sizes": [5], "hidden": 16}, 104 + 9_232 + 170),
        ({"channels": [], "kernel_sizes": [], "hidden": 10}, 7_960),
        ({"depths": [2, 1], "hidden": 0}, 320 + 9_248 + 18_496 + 25 * 640 + 10),
        ({"padding": True, "global_pool": True, "hidden": 0}, 320 + 18_496 + 650),
        ({"kernel_sizes": [4, 3], "padding": True, "hidden": 0}, 544 + 18_496 + 49 * 640 + 10),
    ],
)
def test_cnn_parameter_count_matches_config(values, parameters):
    model = build(CNNConfig(**values))
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 17, 23), (2, 10, 10)])
def test_cnn_gives_logits_per_head_for_any_image_shape(shape, batch_norm):
    config = CNNConfig(input_shape=shape, classes=(4, 7), batch_norm=batch_norm)
    first, second = build(config)(torch.randn(5, *shape))
    assert (first.shape, second.shape) == ((5, 4), (5, 7))


def test_cnn_rejects_too_small_image():
    with pytest.raises(InvalidValueError, match=r"\(9, 9\).*\(3, 3\).*model\.kernel_sizes"):
        build(CNNConfig(input_shape=(1, 9, 9)))


def test_cnn_config_requires_one_kernel_size_per_block(cli):
    result = cli("train", "cnn", "--set", "model.channels=8,8,8")
    assert result.code == 2
    assert re.search(r"\b3\b.*model\.kernel_sizes\b.*model\.channels.*\b2\b", result.err)


def test_cnn_config_requires_one_depth_per_block(cli):
    result = cli("train", "cnn", "--set", "model.depths=2,2,2")
    assert result.code == 2
    assert re.search(r"\b2\b.*model\.depths\b.*model\.channels.*\b3\b", result.err)


def test_global_pool_replaces_last_max_pooling():
    config = CNNConfig(channels=(3,), kernel_sizes=(3,), global_pool=True, hidden=0, dropout=0.0)
    model = build(config).eval()
    convolution, head = model.blocks[0], model.heads[0]
    x = torch.randn(2, 1, 28, 28)
    expected = head(torch.relu(convolution(x)).mean(dim=(2, 3)))
    torch.testing.assert_close(model(x)[0], expected)


def test_cnn_block_normalizes_each_convolution_and_pools_last():
    config = CNNConfig(channels=(3,), kernel_sizes=(3,), depths=(2,), batch_norm=True)
    kinds = [type(layer).__name__ for layer in build(config).blocks]
    once = ["BatchNorm2d", "ReLU"]
    assert kinds == ["Conv2d", *once, "Conv2d", "MaxPool2d", *once, "Flatten"]


@pytest.mark.slow
def test_cnn_classifies_digits_after_one_epoch(tmp_path):
    small = {"channels": [8, 16], "kernel_sizes": [5, 3], "hidden": 32}
    run = zoo.train("cnn", out=tmp_path / "run", epochs=1, model=small, device="cpu")
    test = run.card.metrics["test"]
    assert test.total == 10_000
    assert test["accuracy"][0] > 0.96
    assert zoo.evaluate(run.folder) == test


@pytest.mark.parametrize(
    ("target", "field"),
    [
        (zoo.TargetSpec(task="regression", name="brightness"), "values"),
        (zoo.TargetSpec(task="multi-label", classes=("left", "right")), "probabilities"),
    ],
    ids=["regression", "multi-label"],
)
def test_cnn_learns_other_tasks_of_images(target, field, tmp_path):
    random = np.random.default_rng(0)
    images = random.integers(0, 100, (80, 1, 12, 12)).astype(np.uint8)
    bright = random.integers(0, 2, (80, 2))
    images[..., 2:5] += 120 * bright[:, 0, None, None, None].astype(np.uint8)
    images[..., 7:10] += 120 * bright[:, 1, None, None, None].astype(np.uint8)
    targets = images.mean((1, 2, 3)) if target.task == "regression" else bright
    targets = targets.astype(np.float32 if target.task == "regression" else np.uint8)
    halves = {"train": slice(0, 60), "test": slice(60, 80)}
    splits = {name: zoo.Split(images[some], (targets[some],)) for name, some in halves.items()}
    zoo.train(
        "cnn",
        dataset=zoo.ArrayDataset(splits, (target,)),
        epochs=15,
        batch_size=20,
        lr=0.005,
        model={"channels": [8, 8]},
        out=tmp_path / "run",
    )
    predicted = zoo.load(tmp_path / "run").predict(images[60:]).heads[0]
    values = np.reshape(getattr(predicted, field), (20, -1))
    correlation = np.corrcoef(values.ravel(), targets[60:].reshape(20, -1).ravel())[0, 1]
    assert correlation > 0.8
