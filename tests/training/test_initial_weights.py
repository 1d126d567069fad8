"""Training from third-party pretrained weights."""

import dataclasses
import sys
import types

import numpy as np
import pytest

from zoo_core.errors import DataError, InvalidValueError, VerificationError
from zoo_core.training.initial_weights import PretrainedWeights
from zoo_core.training.training import Training
from zoo_core.weights.file import load_weights

WEIGHTS = {f"head{i}": np.full((30, 3), 0.25 + i, np.float32) for i in range(2)}


@pytest.fixture
def given(toy, monkeypatch):
    """Return the toy catalog with pretrained weights for softmax-pairs, and their dict."""
    weights = {name: WEIGHTS[name] for name in WEIGHTS}
    module = types.ModuleType("toy_weights")
    module.softmax = lambda config: PretrainedWeights("elsewhere/softmax.v1", dict(weights))
    monkeypatch.setitem(sys.modules, "toy_weights", module)
    entry = toy.model("softmax-pairs")
    spec = dataclasses.replace(entry.spec, pretrained="toy_weights:softmax")
    toy._entries_by_kind["models"]["softmax-pairs"] = [dataclasses.replace(entry, spec=spec)]
    return toy, weights


def train(catalog, folder, **values):
    recipe = {"pretrained": True, "epochs": 1, "lr": 1e-30, **values}  # which learns nothing
    return Training.new(catalog, "softmax-pairs", out=folder, overrides=[recipe]).run()


def test_training_starts_from_initial_weights_named_on_card(given, tmp_path):
    catalog, _ = given
    run = train(catalog, tmp_path / "run")
    for name, tensor in load_weights(run.folder / "model.safetensors").tensors.items():
        np.testing.assert_array_equal(tensor, WEIGHTS[name])
    assert run.card.initial.source == "elsewhere/softmax.v1"
    assert len(run.card.initial.sha256) == 64
    assert run.card.recipe.pretrained
    assert "elsewhere/softmax.v1" in (run.folder / "card.md").read_text()


def test_training_initializes_tensors_missing_from_initial_weights(given, tmp_path):
    catalog, weights = given
    del weights["head0"]
    tensors = load_weights(train(catalog, tmp_path / "run").folder / "model.safetensors").tensors
    np.testing.assert_array_equal(tensors["head1"], WEIGHTS["head1"])
    assert 0 < np.abs(tensors["head0"]).max() < 0.1  # small random numbers


def test_card_omits_initial_weights_by_default(run):
    assert run.card.initial is None
    assert "initial" not in run.card.model_dump()
    assert "pretrained" not in run.card.recipe.model_dump()


@pytest.mark.parametrize(
    ("name", "shape", "pattern"),
    [
        ("head1", (4,), r"head1 .*\(4,\).* 'softmax-pairs'.* \(30, 3\)"),
        ("gain", (3,), r"gain .*\(3,\).* 'softmax-pairs'.* no such tensor"),
        (None, (), r"softmax\.v1 .*no tensor.* 'softmax-pairs'"),
    ],
)
def test_training_rejects_initial_weights_of_other_model(given, tmp_path, name, shape, pattern):
    catalog, weights = given
    if name is None:
        weights.clear()
    else:
        weights[name] = np.zeros(shape, np.float32)
    with pytest.raises(DataError, match=pattern):
        train(catalog, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_training_rejects_pretrained_for_model_without_weights(toy, tmp_path):
    with pytest.raises(InvalidValueError, match="zoo-toy .*'softmax-pairs'.* --pretrained"):
        train(toy, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_training_repeat_requires_same_initial_weights(given, tmp_path):
    catalog, weights = given
    run = train(catalog, tmp_path / "run", lr=0.5)
    again = Training.repeat(catalog, run.card, out=tmp_path / "again").run()
    assert again.card.weights.sha256 == run.card.weights.sha256
    weights["head0"] = np.zeros((30, 3), np.float32)
    with pytest.raises(VerificationError, match="initial weights: .*elsewhere"):
        Training.repeat(catalog, run.card, out=tmp_path / "other").run()
