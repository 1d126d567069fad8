"""A training that begins with somebody else's weights."""

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
    """Return the toy catalog whose softmax-pairs may begin with weights, and a dict of those."""
    weights = {name: WEIGHTS[name] for name in WEIGHTS}
    module = types.ModuleType("toy_weights")
    module.softmax = lambda config: PretrainedWeights("elsewhere/softmax.v1", dict(weights))
    monkeypatch.setitem(sys.modules, "toy_weights", module)
    entry = toy.model("softmax-pairs")
    spec = dataclasses.replace(entry.spec, pretrained="toy_weights:softmax")
    toy._entries_by_kind["models"]["softmax-pairs"] = [dataclasses.replace(entry, spec=spec)]
    return toy, weights


def begun(catalog, folder, **values):
    recipe = {"pretrained": True, "epochs": 1, "lr": 1e-30, **values}  # which learns nothing
    return Training.new(catalog, "softmax-pairs", out=folder, overrides=[recipe]).run()


def test_a_training_begins_with_them_and_its_card_says_so(given, tmp_path):
    catalog, _ = given
    run = begun(catalog, tmp_path / "run")
    for name, tensor in load_weights(run.folder / "model.safetensors").tensors.items():
        np.testing.assert_array_equal(tensor, WEIGHTS[name])
    assert run.card.initial.source == "elsewhere/softmax.v1"
    assert len(run.card.initial.sha256) == 64
    assert run.card.recipe.pretrained
    assert "elsewhere/softmax.v1" in (run.folder / "card.md").read_text()


def test_what_they_leave_out_begins_as_the_model_makes_it(given, tmp_path):
    catalog, weights = given
    del weights["head0"]
    tensors = load_weights(begun(catalog, tmp_path / "run").folder / "model.safetensors").tensors
    np.testing.assert_array_equal(tensors["head1"], WEIGHTS["head1"])
    assert 0 < np.abs(tensors["head0"]).max() < 0.1  # small random numbers


def test_a_training_without_them_has_nothing_of_them_on_its_card(run):
    assert run.card.initial is None
    assert "initial" not in run.card.model_dump()
    assert "pretrained" not in run.card.recipe.model_dump()


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("head1", (4,), r"has head1 of shape \(4,\), 'softmax-pairs' has \(30, 3\)"),
        ("gain", (3,), r"has gain of shape \(3,\), 'softmax-pairs' has no such tensor"),
        (None, (), "has no tensor that 'softmax-pairs' could begin with"),
    ],
)
def test_weights_of_another_model_are_refused(given, tmp_path, name, shape, said):
    catalog, weights = given
    if name is None:
        weights.clear()
    else:
        weights[name] = np.zeros(shape, np.float32)
    with pytest.raises(DataError, match=said):
        begun(catalog, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_model_without_any_says_so_before_anything_is_loaded(toy, tmp_path):
    with pytest.raises(InvalidValueError, match="zoo-toy has no weights that a training of"):
        begun(toy, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_it_is_reproduced_from_the_same_beginning_or_not_at_all(given, tmp_path):
    catalog, weights = given
    run = begun(catalog, tmp_path / "run", lr=0.5)
    again = Training.repeat(catalog, run.card, out=tmp_path / "again").run()
    assert again.card.weights.sha256 == run.card.weights.sha256
    weights["head0"] = np.zeros((30, 3), np.float32)
    with pytest.raises(VerificationError, match="it began with .*elsewhere"):
        Training.repeat(catalog, run.card, out=tmp_path / "other").run()
