"""Training from third-party pretrained weights."""

import dataclasses
import sys
import types

import numpy as np
import pytest

from zoo_core.data.normalization import Normalization
from zoo_core.errors import DataError, InvalidValueError, VerificationError
from zoo_core.frameworks.run import Callbacks
from zoo_core.metrics.scores import measure, score
from zoo_core.pretrained.load import load_pretrained
from zoo_core.system.interrupts import Stop
from zoo_core.training.make_plan import make_plan
from zoo_core.training.parents.initial_weights import PretrainedWeights
from zoo_core.training.training import Training
from zoo_core.tuning.trial_runner import TrialRunner
from zoo_core.weights.card import Card
from zoo_core.weights.file import load_weights

WEIGHTS = {f"head{i}": np.full((30, 3), 0.25 + i, np.float32) for i in range(2)}


@pytest.fixture
def facts():
    """Return the license and the normalization of the pretrained weights, none at first."""
    return {}


@pytest.fixture
def given(toy, facts, monkeypatch):
    """Return the toy catalog with pretrained weights for softmax-pairs, and their dict."""
    weights = {name: WEIGHTS[name] for name in WEIGHTS}
    module = types.ModuleType("toy_weights")
    source = "elsewhere/softmax.v1"
    module.softmax = lambda config: PretrainedWeights(source, dict(weights), **facts)
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


# Normalization.

MEAN, STD = (0.5,), (0.25,)


def test_training_and_prediction_normalize_like_initial_weights(given, facts, tmp_path):
    catalog, _ = given
    facts.update(mean=MEAN, std=STD)
    run = train(catalog, tmp_path / "run", lr=0.5)
    assert run.card.normalization == Normalization(MEAN, STD)
    assert run.card.initial.normalization == Normalization(MEAN, STD)
    pretrained = load_pretrained(catalog, run.folder)
    assert pretrained.normalization == Normalization(MEAN, STD)
    # The card's scores were predicted with it too.
    predictions = pretrained.predict(run.data.test.inputs)
    measured = measure(run.tasks, predictions.outputs, run.data.test.targets)
    assert score(run.tasks, measured) == run.card.metrics["test"]


def test_trial_of_search_normalizes_like_initial_weights(given, facts, tmp_path):
    catalog, _ = given
    facts.update(mean=MEAN, std=STD)
    recipe = {"pretrained": True, "epochs": 1, "lr": 0.5}
    plan = make_plan(catalog, "softmax-pairs", "default", [recipe])
    trial = TrialRunner(catalog).train(plan, callbacks=Callbacks(), stop=Stop())
    run = train(catalog, tmp_path / "run", lr=0.5)
    assert trial.validation == run.card.metrics["validation"]


def test_training_without_normalize_ignores_normalization_of_initial_weights(
    given, facts, tmp_path
):
    catalog, _ = given
    facts.update(mean=MEAN, std=STD)
    run = train(catalog, tmp_path / "run", normalize=False)
    assert run.card.normalization == Normalization((0.0,), (1.0,))


def test_training_normalizes_by_data_set_if_initial_weights_state_nothing(given, tmp_path):
    catalog, _ = given
    run = train(catalog, tmp_path / "run")
    assert run.card.normalization == Normalization(run.data.dataset.mean, run.data.dataset.std)
    assert "normalization" not in run.card.initial.model_dump()


@pytest.mark.parametrize(
    ("mean", "std", "pattern"),
    [
        (MEAN, None, r"std: expected 1 finite number above 0, .*got None"),
        (None, STD, r"mean: expected 1 finite .*got None"),
        (MEAN * 3, STD, r"mean: expected 1 .*\(0\.5, 0\.5, 0\.5\)"),
        (MEAN, (), r"std: expected 1 .*got \(\)"),
        (MEAN, (0.0,), r"std: .*above 0.*\(0\.0,\)"),
        (MEAN, (-0.1,), r"std: .*above 0.*\(-0\.1,\)"),
        ((float("nan"),), STD, r"mean: .*nan"),
        (MEAN, (float("inf"),), r"std: .*inf"),
    ],
)
def test_training_rejects_invalid_normalization(given, facts, tmp_path, mean, std, pattern):
    catalog, _ = given
    facts.update(mean=mean, std=std)
    with pytest.raises(DataError, match=rf"elsewhere/softmax\.v1: {pattern}"):
        train(catalog, tmp_path / "run")
    assert not (tmp_path / "run").exists()


# License: that of the toy model is MIT, that of its data CC0-1.0.


@pytest.mark.parametrize(
    ("stated", "on_card", "combined"),
    [
        ("cc-by-nc-4.0", "CC-BY-NC-4.0", "CC-BY-NC-4.0"),
        ("apache-2.0", "Apache-2.0", "Apache-2.0 AND MIT"),
        ("gemma", "LicenseRef-gemma", "LicenseRef-gemma AND MIT"),
        ("", "LicenseRef-unknown", "LicenseRef-unknown AND MIT"),
    ],
)
def test_license_of_weights_follows_from_initial_weights(
    given, facts, tmp_path, stated, on_card, combined
):
    catalog, _ = given
    facts.update(license=stated)
    run = train(catalog, tmp_path / "run")
    assert (run.card.initial.license, run.card.license) == (on_card, combined)
    page = (run.folder / "card.md").read_text()
    assert f"- License: {combined}, from code MIT, initial weights {on_card}, data CC0-1.0" in page


def test_license_of_weights_follows_from_data(toy, tmp_path):
    entry = toy.dataset("toy")
    spec = dataclasses.replace(entry.spec, license="CC-BY-SA-3.0")
    toy._entries_by_kind["datasets"]["toy"] = [dataclasses.replace(entry, spec=spec)]
    run = Training.new(toy, "softmax", out=tmp_path / "run").run()
    assert run.card.license == "CC-BY-SA-3.0"
    assert run.card.licenses == {"code": "MIT", "data": "CC-BY-SA-3.0"}
    file = load_weights(run.folder / "model.safetensors")
    assert file.metadata["license"] == "CC-BY-SA-3.0"


def older_card(card):
    """Return a card from before licenses were combined."""
    values = card.model_dump(mode="json") | {"license": "MIT"}
    del values["code_license"]
    values["initial"] = {"source": "elsewhere/softmax (mit)", "sha256": card.initial.sha256}
    return Card.model_validate(values)


# Else `zoo reproduce` would give other bytes than those that were published.
def test_training_repeat_keeps_license_and_normalization_of_older_card(given, facts, tmp_path):
    catalog, _ = given
    run = train(catalog, tmp_path / "run", lr=0.5)
    card = older_card(run.card)
    facts.update(license="cc-by-nc-4.0", mean=MEAN, std=STD)
    again = Training.repeat(catalog, card, out=tmp_path / "again").run().card
    ignored = {"weights", "seconds", "created"}
    assert again.model_dump(exclude=ignored) == card.model_dump(exclude=ignored)
    assert load_weights(tmp_path / "again/model.safetensors").metadata == {
        key: value for key, value in card.model_dump(mode="json").items() if key not in ignored
    }
