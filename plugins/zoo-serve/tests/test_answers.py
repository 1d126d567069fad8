"""Batches in a worker: one call of the model, or one per request for frameworks."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

import zoo_core as zoo
from zoo_serve.messages import Request
from zoo_serve.targets import Target
from zoo_serve.worker import loading
from zoo_serve.worker.batches import answer
from zoo_serve.worker.loading import load_models
from zoo_serve.worker.served import Served


def request(*rows):
    tensor = {"name": "inputs", "datatype": "FP64", "shape": [len(rows), 2], "data": rows}
    return Request("infer", "", "", "", "", json.dumps({"inputs": [tensor]}).encode())


@pytest.fixture
def served():
    """Return the function that loads a model as a worker does."""
    import zoo_registry

    place = str(next(iter(zoo_registry.__path__)))
    target = Target("sums", "default", "", place, "numpy-regressor.default", place)

    def load(runtime):
        options = {"targets": [target.as_json()], "device": "auto", "threads": None}
        return load_models({**options, "runtime": runtime})["sums"]

    return load


@pytest.fixture
def sizes(monkeypatch):
    """Return the list of the numbers of examples that models predict."""
    found = []
    original = zoo.Pretrained.predict

    def predict(self, inputs):
        found.append(len(inputs))
        return original(self, inputs)

    monkeypatch.setattr(zoo.Pretrained, "predict", predict)
    return found


@pytest.mark.parametrize(("together", "expected"), [(True, [4]), (False, [1, 2, 1])])
def test_batch_is_one_call_where_bits_do_not_depend_on_it(
    served, sizes, monkeypatch, together, expected
):
    monkeypatch.setattr(Served, "is_batchable", together)
    model = served("trainer")
    assert model.outputs
    sizes.clear()
    replies = answer(model, [request([1, 2]), request([3, 4], [5, 6]), request([7, 8])])
    assert sizes == expected
    found = [json.loads(reply.body)["outputs"][0]["data"] for reply in replies]
    assert [len(each) for each in found] == [1, 2, 1]
    single = [json.loads(answer(model, [request(row)])[0].body) for row in ([1, 2], [7, 8])]
    assert [found[0], found[2]] == [each["outputs"][0]["data"] for each in single]


def test_frameworks_are_not_batchable(served):
    assert not served("trainer").is_batchable


@pytest.mark.requires("zoo-onnx")
def test_onnxruntime_is_batchable(served):
    assert served("onnx").is_batchable


def test_failing_request_of_a_batch_does_not_spoil_others(served, monkeypatch):
    monkeypatch.setattr(Served, "is_batchable", True)
    model = served("trainer")
    assert model.outputs
    original = zoo.Pretrained.predict

    def predict(self, inputs):
        if (inputs == 13).any():
            raise RuntimeError("made to fail")
        return original(self, inputs)

    monkeypatch.setattr(zoo.Pretrained, "predict", predict)
    replies = answer(model, [request([1, 2]), request([13, 4]), request([7, 8])])
    assert [reply.head[:3] for reply in replies] == [b"200", b"500", b"200"]


def test_models_with_a_program_are_loaded_first(monkeypatch):
    import zoo_registry

    place = str(next(iter(zoo_registry.__path__)))
    published = Target("cnn", "best", "", place, "cnn.best", place)
    run = Target("run", "local", "", "runs/cnn-1")
    loaded = []

    def load(_catalog, found, **_):
        loaded.append(found)
        return SimpleNamespace(runtime="torch")

    monkeypatch.setattr(loading, "load_pretrained", load)
    options = {"device": "auto", "threads": None, "runtime": "auto"}
    load_models({**options, "targets": [run.as_json(), published.as_json()]})
    # Twice, because a framework predicts with another number of threads than a program.
    assert [isinstance(found, Path) for found in loaded] == [False, False, True]
