"""The two-headed models: their layers, compared with the reference study's, and accuracy."""

import json

import numpy as np
import pytest
import torch
from torch import nn

import zoo_core as zoo
from zoo_core.data.dataset import load_dataset
from zoo_core.errors import InvalidValueError
from zoo_core.installation.installed import load_catalog
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.recipes.resolve import resolve_config, resolve_recipe
from zoo_two_headed import cnn, mlp
from zoo_two_headed.config import TwoHeadedCNNConfig, TwoHeadedMLPConfig


def build(name, recipe):
    catalog = load_catalog()
    entry = catalog.model(name)
    dataset = catalog.dataset("two-digit-mnist").spec
    tasks = find_tasks(catalog, dataset.targets)
    config = resolve_config(entry, resolve_recipe(entry, recipe), dataset, tasks)
    return entry.resolve(entry.spec.builder)(config)


class Oracle(nn.Module):
    """A trunk and two heads."""

    def __init__(self, *trunk, features):
        super().__init__()
        self.trunk = nn.Sequential(*trunk)
        self.top, self.bottom = nn.Linear(features, 10), nn.Linear(features, 10)

    def forward(self, x):
        features = self.trunk(x)
        return [self.top(features), self.bottom(features)]


ORACLES = {
    "two-headed-mlp": lambda: Oracle(
        nn.Flatten(), nn.Linear(1176, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), features=64
    ),
    "two-headed-cnn": lambda: Oracle(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2880, 128),
        nn.Dropout(0.5),
        features=128,
    ),
}


@pytest.mark.parametrize("name", ORACLES)
def test_reference_recipe_builds_reference_layers(name):
    torch.manual_seed(0)
    model, oracle = build(name, "reference").eval(), ORACLES[name]().eval()
    state = zip(oracle.state_dict(), model.state_dict().values(), strict=True)
    oracle.load_state_dict(dict(state))
    x = torch.randn(7, 1, 42, 28)
    for found, expected in zip(model(x), oracle(x), strict=True):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    "model",
    [
        mlp.build(TwoHeadedMLPConfig(input_shape=(2, 20, 15), classes=(3, 5), batch_norm=True)),
        mlp.build(TwoHeadedMLPConfig(input_shape=(2, 20, 15), classes=(3, 5), dropout=0.2)),
        cnn.build(TwoHeadedCNNConfig(input_shape=(2, 20, 15), classes=(3, 5), batch_norm=True)),
    ],
    ids=["mlp, batch norm", "mlp, dropout", "cnn"],
)
def test_models_fit_input_shape_and_classes(model):
    top, bottom = model(torch.randn(4, 2, 20, 15))
    assert (top.shape, bottom.shape) == ((4, 3), (4, 5))


def test_cnn_rejects_too_small_input_shape():
    with pytest.raises(InvalidValueError, match=r"\(42, 9\).*model\.kernel_sizes"):
        cnn.build(TwoHeadedCNNConfig(input_shape=(1, 42, 9)))


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        (
            ["two-headed-cnn", "--dataset", "mnist"],
            ("'mnist'", "targets per example: 2", "got 1"),
        ),
        (
            ["two-headed-cnn", "--set", "model.kernel_sizes=3"],
            ("expected 2 ", "model.kernel_sizes", "model.channels", "got 1"),
        ),
        (
            ["two-headed-cnn", "--set", "model.depths=3"],
            ("expected 2 ", "model.depths", "model.channels", "got 1"),
        ),
        (
            ["two-headed-cnn", "--recipe", "reference", "--set", "model.context=true"],
            ("model.context", "model.windows"),
        ),
        (["two-headed-mlp", "--set", "model.hidden=0"], ("hidden.0", "at least 1", "got 0")),
    ],
)
def test_zoo_train_rejects_invalid_two_headed_config(cli, arguments, facts):
    result = cli("train", *arguments)
    assert result.code == 2
    assert all(fact in result.err for fact in facts), result.err


def test_windows_limit_each_head_to_its_rows():
    config = TwoHeadedCNNConfig(windows=True, kernel_sizes=(5, 3), batch_norm=True)
    model = cnn.build(config).eval()
    x = torch.randn(2, 1, 42, 28)
    changed = x.clone()
    changed[:, :, 28:] = 0
    top, bottom = model(changed)
    assert torch.equal(top, model(x)[0])
    assert not torch.allclose(bottom, model(x)[1])
    changed = x.clone()
    changed[:, :, :14] = 0
    top, bottom = model(changed)
    assert not torch.allclose(top, model(x)[0])
    assert torch.equal(bottom, model(x)[1])
    # With equal heads, the logits of a digit are the same in both places.
    model.heads[1].load_state_dict(model.heads[0].state_dict())
    digit = torch.randn(2, 1, 28, 28)
    above, below = torch.zeros(2, 2, 1, 42, 28)
    above[:, :, :28], below[:, :, 14:] = digit, digit
    torch.testing.assert_close(model(above)[0], model(below)[1])


DEEP = {"channels": (4, 6, 8), "kernel_sizes": (5, 3, 3), "depths": (1, 2, 1), "hidden": 16}


@pytest.mark.parametrize("windows", [True, False])
def test_deep_cnn_splits_trunk_at_whole_row_offset(windows):
    model = cnn.build(TwoHeadedCNNConfig(**DEEP, windows=windows, batch_norm=True, last_pool=False))
    # 42 rows, then 38, pooled 19, 17, 15; the bottom digit begins 14 rows below, then 7.
    assert model.window == (15 - 7 if windows else 15)
    assert sum(isinstance(layer, nn.Conv2d) for layer in model.trunk) == 3
    assert [type(layer).__name__ for layer in model.reader] == [
        "MaxPool2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d", "ReLU", "Flatten",
    ]  # fmt: skip


def test_hidden_norm_adds_batch_norm_and_drops_bias():
    model = cnn.build(TwoHeadedCNNConfig(**DEEP, hidden_norm=True))
    kinds = [type(layer).__name__ for layer in model.hidden]
    assert kinds == ["Linear", "BatchNorm1d", "Identity", "Dropout"]
    assert model.hidden[0].bias is None


def test_context_gives_head_both_windows_own_first():
    config = TwoHeadedCNNConfig(**DEEP, windows=True, context=True, last_pool=False)
    model = cnn.build(config).eval()
    x = torch.randn(2, 1, 42, 28)
    for rows in (slice(0, 14), slice(28, 42)):
        changed = x.clone()
        changed[:, :, rows] = 0
        for before, after in zip(model(x), model(changed), strict=True):
            assert not torch.allclose(before, after)
    seen = []
    model.hidden[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    model(x)
    top, bottom = seen[0].chunk(2)
    half = top.shape[1] // 2
    assert torch.equal(top[:, :half], bottom[:, half:])
    assert torch.equal(top[:, half:], bottom[:, :half])
    assert not torch.allclose(top[:, :half], top[:, half:])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two-headed") / "run"
    return zoo.train("two-headed-mlp", out=folder, epochs=2, seed=0, device="cpu")


@pytest.mark.slow
def test_two_headed_mlp_learns_both_digits_in_two_epochs(trained):
    test = trained.card.metrics["test"]
    assert test.total == 4_000
    assert min(test["accuracy"]) > 0.85
    assert test.all_correct <= min(test["correct"])
    assert zoo.evaluate(trained.folder) == test


def test_predictions_order_top_before_bottom(trained):
    split = load_dataset(load_catalog().dataset("two-digit-mnist")).splits["test"]
    labels = zoo.load(trained.folder, device="cpu").predict(split.inputs[:500]).labels
    expected = np.stack(split.targets, axis=1)[:500]
    assert (labels == expected).mean() > 0.85
    assert (labels[:, ::-1] == expected).mean() < 0.3


def test_metrics_jsonl_has_values_per_head(trained):
    lines = (trained.folder / "metrics.jsonl").read_text().splitlines()
    for line in map(json.loads, lines):
        for split in ("train", "validation"):
            assert len(line[split]["loss"]) == len(line[split]["accuracy"]) == 2
