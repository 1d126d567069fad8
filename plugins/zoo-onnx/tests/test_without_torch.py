"""Published weights predict where neither torch nor the plugin of their model is installed."""

import json

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.requires("zoo-onnx", "zoo-registry", "zoo-mnist")

SMALL = {"ZOO_PLUGINS": "zoo-onnx,zoo-registry,zoo-mnist"}
"""The plugins of the small installation."""

CODE = """
import sys
sys.modules["torch"] = None  # an import of it fails
from zoo_core.__main__ import main
sys.argv[1:] = {arguments!r}
main()
"""


@pytest.fixture
def digit(tmp_path):
    """Return the file of a drawn 1."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:16] = 255
    Image.fromarray(image).save(tmp_path / "digit.png")
    return "digit.png"


@pytest.fixture
def small(run_process):
    """Return a function that runs `zoo` with the small installation, without torch."""

    def run(*arguments):
        return run_process("-W", "error", "-c", CODE.format(arguments=[*arguments]), env=SMALL)

    return run


def test_predict(small, digit):
    result = small("predict", "cnn", digit, "--json")
    assert result.code == 0, result.err
    assert result.json["runtime"] == "onnx"
    assert result.json["predictions"][0]["labels"] == [1]


def test_text_of_predictions_names_the_runtime(small, digit):
    result = small("predict", "cnn", digit)
    assert result.out.startswith("digit.png: 1 (")
    assert "by onnx" in result.err


def test_evaluate_and_compare(small):
    result = small("evaluate", "cnn.best", "--json")
    assert result.code == 0, result.err
    (member,) = result.json["members"]
    assert member["runtime"] == "onnx"
    assert member["metrics"]["test"]["accuracy"] == [0.9975]
    compared = small("compare", "mlp", "numpy-net", "--json")
    assert [each["runtime"] for each in compared.json["members"]] == ["onnx", "onnx"]


def test_verify_says_that_the_model_is_not_checked(small):
    result = small("verify", "mlp.default", "--json")
    assert result.code == 0, result.err
    (row,) = result.json["weights"]
    checks = {each["check"]: each for each in row["checks"]}
    assert row["verified"]
    assert checks["model"]["skipped"]
    assert "zoo-mlp/mlp" in checks["model"]["found"]
    assert checks["test split with onnx"]["ok"]


def test_python(run_python):
    code = """
import sys, json
sys.modules["torch"] = None
import numpy as np, zoo_core as zoo
pretrained = zoo.load("cnn")
labels = pretrained.predict(np.zeros((2, 28, 28), np.uint8)).labels
print(json.dumps([pretrained.runtime, labels.shape]))
"""
    assert json.loads(run_python(code, env=SMALL)) == ["onnx", [2, 1]]


def test_unknown_runtime(small, digit):
    result = small("predict", "cnn", digit, "--runtime", "numpy")
    assert result.code == 2
    assert "there is no runtime 'numpy'. Choose one of: auto, onnx, torch, trainer" in result.err


@pytest.mark.parametrize(
    "arguments", [["predict", "cnn", "digit.png", "--runtime", "torch"], ["train", "cnn"]]
)
def test_commands_that_need_the_model_name_its_plugin(small, digit, arguments):
    result = small(*arguments)
    assert result.code == 4
    assert "zoo-cnn" in result.err
    assert result.err.count("\n") == 1


def test_model_without_plugin_is_described_by_its_default_weights(small):
    facts = small("info", "cnn", "--json").json
    assert (facts["kind"], facts["name"]) == ("weights", "cnn.best")
    result = small("list")
    assert "To use published weights: zoo list weights" in result.err
