"""Weights loaded by name or path: all of them or none."""

import json
import os

import numpy as np
import pytest

from zoo_core.errors import (
    AmbiguousNameError,
    DataError,
    InvalidValueError,
    UnknownNameError,
    VerificationError,
)
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.plain_config import ConfigView, is_plain
from zoo_core.pretrained.verified_read import published_card
from zoo_core.publishing.publish import publish_run
from zoo_core.registry.lookup import find_weights
from zoo_core.training.training import Training


def test_load_pretrained_finds_weights_by_name(toy, run, added):
    pretrained = load_pretrained(toy, "softmax")
    assert pretrained.name == f"softmax.first@sha256:{run.card.weights.sha256}"
    assert pretrained.card.metrics == run.card.metrics
    assert pretrained.config.model_dump() == run.config.model_dump()
    mine = load_pretrained(toy, run.folder).predict(run.data.test.inputs)
    assert (pretrained.predict(run.data.test.inputs).labels == mine.labels).all()


def test_load_pretrained_restores_normalization(toy, run, added):
    assert load_pretrained(toy, "softmax").normalization == run.data.normalization


def test_load_pretrained_reads_path_of_run_or_file(toy, run, added, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_pretrained(toy, "run").sha256 == run.card.weights.sha256
    assert load_pretrained(toy, run.folder / "model.safetensors").sha256 == run.card.weights.sha256
    for name, pattern in (("./none", r"\bnone\b.*zoo list weights"), ("x" * 300, "name too long")):
        with pytest.raises(DataError, match=pattern):
            load_pretrained(toy, name)


def test_load_pretrained_refuses_name_that_is_also_path(toy, run, added, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sha256 = run.card.weights.sha256
    os.rename("run", "softmax")
    with pytest.raises(AmbiguousNameError, match=r"\./softmax\b.*here/softmax\.first"):
        load_pretrained(toy, "softmax")
    assert (
        load_pretrained(toy, "./softmax").sha256
        == load_pretrained(toy, "here/softmax").sha256
        == sha256
    )


def test_load_pretrained_ignores_folder_without_weights(toy, run, added, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("softmax", "mine"):
        (tmp_path / name).mkdir()  # as `zoo new` makes one
    assert load_pretrained(toy, "softmax").sha256 == run.card.weights.sha256
    with pytest.raises(UnknownNameError, match="the path mine, and the folder mine is not a run's"):
        load_pretrained(toy, "mine")
    with pytest.raises(
        DataError, match=r"mine \(neither config.json nor .*: it is not a run's folder"
    ):
        load_pretrained(toy, tmp_path / "mine")
    (tmp_path / "softmax" / "config.json").touch()  # a run that did not finish
    with pytest.raises(AmbiguousNameError):
        load_pretrained(toy, "softmax")
    with pytest.raises(DataError, match="its training did not finish"):
        load_pretrained(toy, "./softmax")


def test_project_of_model_without_published_weights_is_not_its_run(toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "softmax").mkdir()
    (tmp_path / "softmax" / "pyproject.toml").touch()
    with pytest.raises(UnknownNameError, match="is not a run's.* zoo train softmax"):
        load_pretrained(toy, "softmax")


def test_load_pretrained_fills_given_model(toy, run, added):
    trained = load_pretrained(toy, "softmax")
    model = trained.trainer.build(
        toy.model("softmax").resolve("zoo_toy.model:Softmax"), run.config, 9
    )
    assert (model.weights[0] != trained.model.weights[0]).any()
    assert load_pretrained(toy, "softmax", into=model).model is model
    assert (model.weights[0] == trained.model.weights[0]).all()


@pytest.fixture
def handed_in(toy, run):
    """Return a model with weights of its own."""
    model = load_pretrained(toy, run.folder).model
    model.weights[0][:] = 7
    return model


def test_load_pretrained_leaves_given_model_for_damaged_file(toy, added, handed_in):
    published = find_weights(toy, "softmax").published
    path = added.path(published)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(VerificationError, match=published.sha256):
        load_pretrained(toy, "softmax", into=handed_in)
    assert (handed_in.weights[0] == 7).all()


def test_load_pretrained_leaves_given_model_of_other_shape(toy, added, handed_in):
    handed_in.weights[0] = handed_in.weights[0][:-1].copy()
    with pytest.raises(VerificationError, match=r"'head0'.*\(29, 3\), got float32 \(30, 3\)"):
        load_pretrained(toy, "softmax", into=handed_in)
    assert (handed_in.weights[0] == 7).all()


def test_load_pretrained_restores_given_model_if_assignment_fails(
    toy, added, handed_in, monkeypatch
):
    from zoo_toy.model import ToyTrainer

    assign = ToyTrainer.set_weights

    def fail_once(self, model, weights):
        monkeypatch.setattr(ToyTrainer, "set_weights", assign)
        model.weights[0][:5] = 0
        raise MemoryError

    monkeypatch.setattr(ToyTrainer, "set_weights", fail_once)
    with pytest.raises(MemoryError):
        load_pretrained(toy, "softmax", into=handed_in)
    assert (handed_in.weights[0] == 7).all()


def test_load_pretrained_refuses_object_other_than_model(toy, added):
    with pytest.raises(InvalidValueError, match=r"\bstr\b"):
        load_pretrained(toy, "softmax", into="a model")


def test_published_card_refuses_changed_card(toy, added):
    found = find_weights(toy, "softmax")
    path = added.path(found.published, "card.json")
    path.write_text(path.read_text().replace('"seed": 3', '"seed": 4'))
    with pytest.raises(VerificationError, match=found.published.card_sha256):
        published_card(found)
    assert load_pretrained(toy, "softmax").predict(
        np.zeros((6, 5), np.uint8)
    )  # weights need no card


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        ({"plugin": "zoo-nowhere"}, r"softmax\.a\b.* got zoo-nowhere/softmax$"),
        ({"model": "softmax-pairs"}, r"softmax\.a\b.* got zoo-toy/softmax-pairs$"),
        ({"config": {"input_shape": [1, 6, 5], "classes": ["three"]}}, "softmax from its config"),
        ({"normalization": {"mean": "x", "std": [1]}}, "metadata of"),
        ({"recipe": 1}, "metadata of"),
        ({"recipe": {"trainer": "toy", "views": 4}}, "expected views in 1, 2, 5, 9, 10, 18, got 4"),
        ({"recipe": {"trainer": "toy", "views": [5]}}, "metadata of"),
    ],
)
def test_load_pretrained_refuses_false_metadata(toy, run, tmp_path, change, pattern):
    """Weights that no training wrote, published with a valid index, are refused."""
    from dataclasses import replace

    from zoo_core.errors import ZooError
    from zoo_core.registry.index import EMPTY_INDEX, index_json
    from zoo_core.weights.file import load_weights, save_weights

    root = tmp_path / "registry"
    found = publish_run(toy, run.folder, "softmax.a", str(root))
    path = root / "softmax/a/model.safetensors"
    file = load_weights(path)
    sha256 = save_weights(path, file.tensors, {**file.metadata, **change})
    entry = replace(found.published, sha256=sha256, bytes=path.stat().st_size)
    (root / "index.json").write_bytes(index_json(EMPTY_INDEX.with_tag(entry, default=True)))
    with pytest.raises(ZooError, match=pattern):
        load_pretrained(toy, "softmax", registry=str(root))


def test_config_view_equals_config(toy, run):
    def real():
        raise AssertionError("not needed for plain values")

    assert is_plain(run.config)
    settled = ConfigView(run.config.model_dump(mode="json"), real)
    for name, value in dict(run.config).items():
        assert getattr(settled, name) == value
    other = ConfigView({}, lambda: run.config)
    assert other.input_shape == (1, 6, 5)
    with pytest.raises(AttributeError):
        _ = other.nothing


def test_is_plain_accepts_only_values_kept_by_json():
    from enum import Enum
    from pathlib import Path

    from zoo_core.recipes.model_config import ModelConfig

    class Color(Enum):
        RED = "red"

    class Inner(ModelConfig):
        depth: int = 1

    class Config(ModelConfig):
        value: object = 1

    for value in (1, 1.5, "a", True, None, (1, 2), ((1,), ("a",))):
        assert is_plain(Config(value=value)), value
    for value in (Color.RED, Path("a"), Inner(), [1], {"a": 1}, b"a", 1j):
        try:
            plain = is_plain(Config(value=value))
        except ValueError:  # which JSON cannot hold at all
            continue
        assert not plain, value


def test_load_pretrained_validates_config_after_plugin_upgrade(toy, run, added, monkeypatch):
    validated = []
    resolve = type(toy.model("softmax")).resolve

    def spy(entry, import_string):
        validated.append(import_string)
        return resolve(entry, import_string)

    monkeypatch.setattr(type(toy.model("softmax")), "resolve", spy)
    load_pretrained(toy, "softmax")
    assert "zoo_toy.config:SoftmaxConfig" not in validated
    newer = [
        plugin if plugin.distribution != "zoo-toy" else _newer(plugin) for plugin in toy.plugins
    ]
    load_pretrained(Catalog(tuple(newer), lambda: toy.hooks), "softmax")
    assert "zoo_toy.config:SoftmaxConfig" in validated


def _newer(plugin):
    from dataclasses import replace

    return replace(plugin, version="9.9")


@pytest.mark.slow
def test_load_does_not_use_pickle(run_python, run, tmp_path, toy):
    """Loading weights and building the model does not unpickle anything."""
    publish_run(toy, run.folder, "softmax.a", str(tmp_path / "registry"))
    code = f"""
import pickle, sys
def refuse(*_, **__):
    raise AssertionError("pickle was touched")
import numpy
for name in ("load", "loads", "Unpickler", "_load", "_loads", "_Unpickler"):
    setattr(pickle, name, refuse)
numpy.load = refuse
import zoo_core as zoo
assert zoo.load("softmax", registry={str(tmp_path / "registry")!r}).model
"""
    run_python(code)


def test_load_pretrained_loads_model_with_two_heads(toy, tmp_path):
    run = Training.new(toy, "softmax-pairs", out=tmp_path / "pairs").run()
    publish_run(toy, run.folder, "softmax-pairs.a", str(tmp_path / "registry"))
    loaded = load_pretrained(toy, "softmax-pairs", registry=str(tmp_path / "registry"))
    assert loaded.predict(run.data.test.inputs).labels.shape == (50, 2)
    card = json.loads((tmp_path / "registry/softmax-pairs/a/card.json").read_text())
    assert len(card["golden"]["outputs"]) == 2
