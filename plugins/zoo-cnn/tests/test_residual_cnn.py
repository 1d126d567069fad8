"""The model residual-cnn: its layers, the kernels that blocks share, and its accuracy."""

import re

import numpy as np
import pytest
import torch

import zoo_core as zoo
from zoo_cnn.residual_config import ResidualCNNConfig
from zoo_cnn.residual_model import ResidualBlocks, build
from zoo_core.errors import InvalidValueError
from zoo_core.installation.installed import load_catalog
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.recipes.resolve import resolve_config, resolve_recipe


def parameters_of(model):
    return sum(parameter.numel() for parameter in model.parameters())


def build_recipe(recipe):
    catalog = load_catalog()
    entry = catalog.model("residual-cnn")
    dataset = catalog.dataset("mnist").spec
    resolved = resolve_recipe(entry, recipe)
    return build(resolve_config(entry, resolved, dataset, find_tasks(catalog, dataset.targets)))


@pytest.mark.parametrize(
    ("recipe", "parameters", "bound"), [("best-6k", 5_722, 6_000), ("best-575", 572, 575)]
)
def test_recipe_has_fewer_parameters_than_its_bound(recipe, parameters, bound):
    assert parameters_of(build_recipe(recipe)) == parameters < bound


STEM = 9 * 4 + 2 * 4
HEAD = 4 * 10 + 10


@pytest.mark.parametrize(
    ("values", "parameters"),
    [
        ({}, STEM + HEAD),
        ({"separable": True}, STEM + HEAD),  # the first convolution never is
        ({"residuals": [1], "depth": 2}, STEM + HEAD + 2 * (9 * 4 * 4 + 8)),
        ({"residuals": [2], "depth": 1, "separable": True}, STEM + HEAD + 2 * (9 * 4 + 16 + 8)),
        (
            {"residuals": [3], "depth": 2, "shared": True},
            STEM + HEAD + 2 * 9 * 4 * 4 + 3 * 2 * 8,
        ),
    ],
)
def test_parameter_count_matches_config(values, parameters):
    config = ResidualCNNConfig(**{"channels": [4], "pooling": [1], "residuals": [0], **values})
    assert parameters_of(build(config)) == parameters


@pytest.mark.parametrize("shared", [False, True])
def test_blocks_add_what_their_convolutions_return_to_their_input(shared):
    config = ResidualCNNConfig(depth=2, shared=shared)
    blocks = ResidualBlocks(3, 2, config).eval()
    for number, norm in enumerate(blocks.norms):
        norm.running_mean += 0.1 * number  # so that no block is like another
    x = torch.randn(2, 3, 5, 6)
    expected = x
    for first in (0, 2):
        y = expected
        for number in (first, first + 1):
            kernels = blocks.convolutions[number % 2 if shared else number]
            y = torch.relu(blocks.norms[number](kernels(y)))
        expected = expected + y
    torch.testing.assert_close(blocks(x), expected)


@pytest.mark.parametrize("separable", [False, True])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 17, 23), (2, 4, 4)])
def test_residual_cnn_gives_logits_per_head_for_any_image_shape(shape, separable):
    config = ResidualCNNConfig(input_shape=shape, classes=(4, 7), separable=separable)
    first, second = build(config)(torch.randn(5, *shape))
    assert (first.shape, second.shape) == ((5, 4), (5, 7))


def test_residual_cnn_rejects_too_small_image():
    with pytest.raises(InvalidValueError, match=r"\(3, 9\).*\(1, 2, 2\).*model\.pooling"):
        build(ResidualCNNConfig(input_shape=(1, 3, 9)))


@pytest.mark.parametrize("field", ["pooling", "residuals"])
def test_residual_cnn_requires_one_number_per_stage(field, cli):
    result = cli("train", "residual-cnn", "--set", f"model.{field}=2,2")
    assert result.code == 2
    assert re.search(rf"\b3\b.*model\.{field}\b.*model\.channels.*\b2\b", result.err)


def test_residual_cnn_of_one_stage_takes_single_numbers(cli, tmp_path):
    numbers = {"channels": 8, "pooling": 2, "residuals": 1}
    options = [word for name in numbers for word in ("--set", f"model.{name}={numbers[name]}")]
    result = cli("train", "residual-cnn", "--dataset", "synthetic", "--epochs", 1, *options)
    assert result.code == 0, result.err


@pytest.mark.slow
def test_residual_cnn_classifies_digits_after_one_epoch(tmp_path):
    run = zoo.train("residual-cnn", out=tmp_path / "run", epochs=1, device="cpu")
    test = run.card.metrics["test"]
    assert test.total == 10_000
    assert test["accuracy"][0] > 0.96
    assert zoo.evaluate(run.folder) == test


@pytest.mark.parametrize("task", ["regression", "multi-label"])
def test_residual_cnn_learns_other_tasks_of_images(task, tmp_path):
    random = np.random.default_rng(0)
    images = random.integers(0, 100, (80, 1, 12, 12)).astype(np.uint8)
    # Anywhere, because the mean over the image has no positions.
    lines = random.integers(0, 2, (80, 2)).astype(np.uint8)
    for image, (row, column) in zip(images[:, 0], lines, strict=True):
        image[random.integers(2, 10)] += 120 * row
        image[:, random.integers(2, 10)] += 120 * column
    if task == "regression":
        target = zoo.TargetSpec(task=task, name="brightness")
        targets = images.mean((1, 2, 3)).astype(np.float32)
    else:
        target = zoo.TargetSpec(task=task, classes=("row", "column"))
        targets = lines
    halves = {"train": slice(0, 60), "test": slice(60, 80)}
    splits = {name: zoo.Split(images[some], (targets[some],)) for name, some in halves.items()}
    zoo.train(
        "residual-cnn",
        dataset=zoo.ArrayDataset(splits, (target,)),
        epochs=30,
        batch_size=20,
        out=tmp_path / "run",
    )
    predicted = zoo.load(tmp_path / "run").predict(images[60:]).heads[0]
    field = "values" if task == "regression" else "probabilities"
    values = np.reshape(getattr(predicted, field), (20, -1))
    correlation = np.corrcoef(values.ravel(), targets[60:].reshape(20, -1).ravel())[0, 1]
    assert correlation > 0.8
