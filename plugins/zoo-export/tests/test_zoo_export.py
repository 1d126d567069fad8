"""`zoo export` from end to end."""

import dataclasses
import json
import re

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import zoo_core as zoo
from zoo_core.data.dataset import load_dataset
from zoo_core.installation.installed import installed_catalog
from zoo_export.export import facts_of
from zoo_export.formats import FORMATS

TOY_TRAINER = '''
import json
import os

from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec, TrainerSpec


@hookimpl
def zoo_models():
    return [
        ModelSpec(
            name="written",
            summary="Softmax regression with an exporter.",
            builder="zoo_toy.model:Softmax",
            config="zoo_toy.config:SoftmaxConfig",
            recipes="zoo_toy.config:RECIPES",
            trainer="writing",
            dataset="toy-pairs",
            heads=2,
            license="MIT",
        )
    ]


@hookimpl
def zoo_trainers():
    return [
        TrainerSpec(
            name="writing",
            summary="Toy trainer with an exporter.",
            factory="zoo_toy.model:ToyTrainer",
            framework="zoo-toy",
            recipe_fields=(),
            exporters={"onnx": "zoo_written.plugin:export", "poem": "zoo_written.plugin:export"},
        )
    ]


def export(pretrained, path, *, normalization):
    """Write the model correctly, or with one of the errors an exporter may have."""
    from onnx import TensorProto, helper, numpy_helper, save

    wrong = os.environ.get("WRONG", "")
    if wrong == "raises":
        raise RuntimeError("no such\\noperator")
    if wrong == "nothing":
        return
    mean, std = pretrained.normalization.mean[0], pretrained.normalization.std[0]
    factors = {"scale": 1 / (255 * std), "shift": -mean / std}
    factors["shift"] += 0.01 if wrong == "shift" else 0
    arrays = {name: _array(value) for name, value in factors.items()}
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["floats", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "shift"], ["x"]),
        helper.make_node("Flatten", ["x"], ["flat"]),
    ]
    names = ["a", "b"]
    for name, weight in zip(names, pretrained.model.weights):
        arrays[f"weight_{name}"] = weight * (float("nan") if wrong == "nan" else 1)
        nodes.append(helper.make_node("MatMul", ["flat", f"weight_{name}"], [name]))
    names = {"one head": names[:1], "swapped": names[::-1]}.get(wrong, names)
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "written",
        [info("images", TensorProto.UINT8, ["N", *pretrained.input_shape])],
        [info(name, TensorProto.FLOAT, ["N", 3]) for name in names],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    opsets = [helper.make_opsetid("", 18)]
    version = helper.find_min_ir_version_for(opsets)
    save(helper.make_model(graph, opset_imports=opsets, ir_version=version), path)


def _array(value):
    import numpy as np

    return np.array(value, np.float32)
'''

BLOCKING = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {module!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
from zoo_core.cli.main import run
sys.exit(run(["export", "mlp.default"]))
"""


@pytest.fixture
def written(cli, tmp_path, write_plugin, monkeypatch):
    """Return a function that exports a trained toy model, correctly or with an error."""
    site = tmp_path / "written-site"
    write_plugin(site, "zoo-written", TOY_TRAINER)
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-written,zoo-export")
    assert cli("train", "written", site=site).code == 0

    def export(wrong, *arguments):
        return cli("export", "runs/written-1", *arguments, site=site, env={"WRONG": wrong})

    return export


def files(folder):
    """Return the names of files in a folder."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def images_of_mnist():
    return load_dataset(installed_catalog().dataset("mnist")).splits["test"].inputs


# Written files.


def test_export_writes_compares_and_reports_model(cli, tmp_path):
    result = cli("export", "numpy-net.default")
    assert result.code == 0
    assert result.err == ""
    path = tmp_path / "numpy-net.default.onnx"
    sha256 = zoo.load("numpy-net.default").sha256
    written, *ports, compared = result.out.splitlines()
    assert f"numpy-net.default@sha256:{sha256}" in written
    assert f"{path.name}: {path.stat().st_size:,} bytes" in written
    assert ports == ["Input: images uint8 (N, 1, 28, 28)", "Output: logits float32 (N, 10)"]
    assert "1,000" in compared
    assert "mnist" in compared
    images = images_of_mnist()
    (logits,) = onnxruntime.InferenceSession(path).run(None, {"images": images})
    assert (
        logits.argmax(axis=1) == zoo.load("numpy-net.default").predict(images).labels[:, 0]
    ).all()


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["onnx", "torch-export"])
def test_export_writes_torch_model_with_empty_stderr(cli, tmp_path, format_):
    result = cli("export", "mlp.default", "--format", format_)
    assert result.code == 0
    assert result.err == ""
    images = images_of_mnist()[:100]
    path = tmp_path / f"mlp.default{FORMATS[format_].suffix}"
    if format_ == "onnx":
        (logits,) = onnxruntime.InferenceSession(path).run(None, {"images": images})
    else:
        (found,) = torch.export.load(path).module()(torch.tensor(images))
        logits = found.detach().numpy()
    expected = zoo.load("mlp.default", device="cpu").predict(images)
    np.testing.assert_allclose(logits, expected.outputs[0], rtol=0, atol=1e-4)


def test_export_json_reports_file_and_comparison(cli, tmp_path):
    result = cli("export", "numpy-net.default", "--no-normalization", "--out", "n.onnx", "--json")
    assert result.code == 0
    compared = result.json.pop("compared")
    assert result.json | {"compared": None} == {
        "schema": 1,
        "model": zoo.load("numpy-net.default").name,
        "format": "onnx",
        "path": "n.onnx",
        "bytes": (tmp_path / "n.onnx").stat().st_size,
        "normalization": False,
        "views": 1,
        "inputs": [{"name": "images", "dtype": "float32", "shape": ["N", 1, 28, 28]}],
        "outputs": [{"name": "logits", "dtype": "float32", "shape": ["N", 10]}],
        "dataset": "mnist",
        "compared": None,
        "notes": [],
    }
    assert compared["images"] == 1000
    assert compared["labels"] == 0
    assert 0 < compared["difference"] < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "format_"),
    [("numpy-net.default", "onnx"), ("two-headed-mlp.reference", "torch-export")],
)
def test_exported_file_carries_card_metadata(cli, tmp_path, name, format_):
    assert cli("export", name, "--format", format_, "--out", "model").code == 0
    facts = FORMATS[format_].facts(tmp_path / "model")
    card = zoo.load(name).card
    assert facts["zoo.model"] == zoo.load(name).name
    assert facts["zoo.sha256"] == zoo.load(name).sha256
    assert facts["zoo.license"] == card.license
    assert facts["zoo.dataset"] == card.dataset.name
    assert facts["zoo.dataset_license"] == card.dataset.license
    assert json.loads(facts["zoo.classes"]) == [
        [*target.classes] for target in zoo.load(name).targets
    ]
    assert json.loads(facts["zoo.views"]) == 1
    assert json.loads(facts["zoo.calibration"]) == card.calibration.to_json()
    assert json.loads(facts["zoo.normalization"]) == {
        "included": True,
        "mean": list(card.normalization.mean),
        "std": list(card.normalization.std),
    }


@pytest.mark.parametrize(
    ("parents", "stated"),
    [
        ({}, {"zoo.code_license": "MIT"}),
        (
            {"teacher": {"source": "cnn.best", "sha256": "0", "license": "MIT"}},
            {
                "zoo.code_license": "MIT",
                "zoo.teacher": "cnn.best",
                "zoo.teacher_license": "MIT",
            },
        ),
        (
            {"initial": {"source": "elsewhere/net", "sha256": "0", "license": "CC-BY-NC-4.0"}},
            {
                "zoo.code_license": "MIT",
                "zoo.initial": "elsewhere/net",
                "zoo.initial_license": "CC-BY-NC-4.0",
            },
        ),
    ],
)
def test_exported_metadata_state_licenses_that_card_states(parents, stated):
    published = zoo.load("numpy-net.default", device="cpu")
    older = facts_of(published, normalization=True)
    card = published.card.model_dump(mode="json") | {"code_license": "MIT"}
    card = type(published.card).model_validate(card | parents)
    newer = facts_of(dataclasses.replace(published, _read_card=lambda: card), normalization=True)
    assert older.keys().isdisjoint(stated)
    assert newer == older | stated


@pytest.mark.slow
def test_export_accepts_run_folder_or_weights_file(cli, tmp_path):
    assert cli("train", "numpy-net", "--epochs", 1, "--recipe", "fast").code == 0
    for name in ("runs/numpy-net-1", "runs/numpy-net-1/model.safetensors"):
        assert cli("export", name).code == 0
        model = onnx.load(tmp_path / "numpy-net.onnx")
        assert {each.key for each in model.metadata_props} >= {"zoo.model", "zoo.sha256"}
        (tmp_path / "numpy-net.onnx").unlink()


# Refused exports.


def test_export_replaces_existing_file_only_with_force(cli, tmp_path):
    path = tmp_path / "numpy-net.default.onnx"
    path.write_text("mine")
    result = cli("export", "numpy-net.default")
    assert result.code == 2
    assert "numpy-net.default.onnx" in result.err
    assert "--force" in result.err
    assert path.read_text() == "mine"
    assert cli("export", "numpy-net.default", "--force").code == 0
    onnx.checker.check_model(path)


@pytest.mark.parametrize(
    ("wrong", "code", "message"),
    [
        ("shift", 5, r"\b0\.0001\b.*\b0\.00\d+\b.*\b0 of 50\b"),
        ("nan", 5, r"\b0\.0001\b.*\bnan\b.* of 50\b"),
        ("swapped", 5, r"\b0\.0001\b.*\b[1-9]\d* of 50\b"),
        ("one head", 5, r"\[\(1, 3\), \(1, 3\)\], got \[\(1, 3\)\]"),
        (
            "raises",
            4,
            r"as onnx: trainer 'writing' of zoo-written 1.0 failed at .*zoo_written.plugin.py:46 "
            r"\(export\): RuntimeError: no such operator$",
        ),
        ("nothing", 4, r"as onnx: "),
    ],
)
def test_failed_export_leaves_existing_file_unchanged(written, tmp_path, wrong, code, message):
    (tmp_path / "kept.onnx").write_text("mine")
    result = written(wrong, "--out", "kept.onnx", "--force")
    assert result.code == code
    assert re.search(message, result.err)
    assert result.err.count("\n") == 1
    assert files(tmp_path) == ["kept.onnx"]
    assert (tmp_path / "kept.onnx").read_text() == "mine"


def test_export_uses_exporter_of_another_plugins_trainer(written, tmp_path):
    result = written("", "--json")
    assert result.code == 0, result.err
    assert result.json["compared"]["images"] == 50  # as many as the data set has
    assert files(tmp_path) == ["written.onnx"]


def test_export_rejects_format_without_exporter(cli, written, tmp_path):
    result = written("", "--format", "torch-export")
    assert result.code == 2
    assert re.search(r"\bwriting\b.*\btorch-export\b.*: onnx\.", result.err)
    assert cli("train", "softmax").code == 0
    result = cli("export", "runs/softmax-1")
    assert result.code == 2
    assert re.search(r"\btoy\b.*\bonnx\b.*: none\.", result.err)
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["numpy-net.default", "--out", "no/such.onnx"], 2, "mkdir -p no\n"),
        (["numpy-net.nothing"], 3, "numpy-net.nothing"),
        (["numpy-net.default", "--format", "poem"], 2, "'poem'"),
        (["numpy-net.default", "--out", "."], 2, "is a directory"),
    ],
)
def test_export_rejects_invalid_arguments_and_writes_nothing(
    cli, tmp_path, arguments, code, message
):
    result = cli("export", *arguments)
    assert result.code == code
    assert message in result.err
    assert files(tmp_path) == []


def test_export_requires_dataset_of_model(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "no:zoo-mnist")
    result = cli("export", "numpy-net.default")
    assert result.code == 3
    assert "'mnist'" in result.err
    assert "zoo-mnist" in result.err
    assert files(tmp_path) == []


# Requirements.


@pytest.mark.slow
@pytest.mark.parametrize("module", ["onnx", "onnxruntime", "onnxscript"])
def test_export_names_missing_extra(run_process, tmp_path, module):
    result = run_process("-c", BLOCKING.format(module=module))
    assert result.code == 4
    remedy = r"pip install 'zoo-export\[onnx\]'"
    assert re.fullmatch(rf"zoo: --format onnx .*\b{module}\b.*{remedy}\n", result.err)
    assert files(tmp_path) == []


def test_export_of_numpy_net_does_not_import_torch(run_python):
    out = run_python(
        "import sys\n"
        "from zoo_core.cli.main import run\n"
        "assert run(['export', 'numpy-net.default', '--json']) == 0\n"
        "print('torch' in sys.modules)"
    )
    assert out.splitlines()[-1] == "False"


def test_export_command_imports_no_framework(run_python):
    out = run_python(
        "import sys, zoo_export.command\n"
        "print(sys.modules.keys() & {'torch', 'onnx', 'onnxruntime', 'onnxscript'})"
    )
    assert out == "set()\n"
