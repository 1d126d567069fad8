"""Predictions by ONNX Runtime: those of the framework, for every task, in any batch."""

import numpy as np
import pytest

from zoo_core.data.dataset import load_dataset
from zoo_core.errors import VerificationError
from zoo_core.installation.installed import load_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.registry.lookup import find_weights
from zoo_onnx.predictor import BATCH, open_program

pytestmark = [
    pytest.mark.torch,
    pytest.mark.requires(
        *("zoo-onnx", "zoo-registry", "zoo-mnist", "zoo-cnn", "zoo-mlp", "zoo-numpy"),
        *("zoo-numbers", "zoo-separator", "zoo-two-headed"),
    ),
]

NAMES = [
    *("cnn.best", "cnn.best-10k", "mlp.best", "numpy-net.default", "residual-cnn.best-575"),
    *("two-headed-cnn.best", "two-headed-mlp.default", "cnn.multi-mnist", "number-reader.best"),
    *("digit-separator.default", "numpy-regressor.default"),
]
"""Weights of every task, kind of input and trainer, with one view of an image and with several."""


@pytest.fixture(scope="module")
def examples():
    """Return a function that returns the first test examples of weights."""

    def first(pretrained, count):
        name = pretrained.card_data.name
        return load_dataset(load_catalog().dataset(name)).splits["test"].inputs[:count]

    return first


def load(name, runtime="onnx"):
    return load_pretrained(load_catalog(), name, runtime=runtime, device="cpu")


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_those_of_the_framework(name, examples):
    pretrained, own = load(name), load(name, "trainer")
    inputs = examples(own, 30)
    assert (pretrained.runtime, own.runtime in {"torch", "numpy"}) == ("onnx", True)
    for head, expected in zip(
        pretrained.predict(inputs).outputs, own.predict(inputs).outputs, strict=True
    ):
        assert head.dtype == expected.dtype
        np.testing.assert_allclose(head, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("name", NAMES)
def test_outputs_do_not_depend_on_the_batch(name, examples):
    pretrained = load(name)
    inputs = examples(pretrained, BATCH + 8)
    whole = pretrained.predict(inputs).outputs
    for size in (1, 2, 3, 7, 64):
        parts = [pretrained.predict(inputs[i : i + size]).outputs for i in range(0, 21, size)]
        for head, expected in zip(zip(*parts, strict=True), whole, strict=True):
            np.testing.assert_array_equal(np.concatenate(head)[:21], expected[:21])


def test_no_examples_have_no_outputs(examples):
    pretrained = load("two-headed-cnn.best")
    outputs = pretrained.predict(examples(pretrained, 2)[:0]).outputs
    assert [head.shape for head in outputs] == [(0, 10), (0, 10)]


def content_of(name):
    found = find_weights(load_catalog(), name)
    files = (
        found.registry.path(found.published, file) for file in ("model.onnx", "model.safetensors")
    )
    return [path.read_bytes() for path in files]


def test_program_has_its_parameters_in_the_weight_file():
    program, weights = content_of("cnn.best")
    assert len(program) < 0.05 * len(weights)
    images = np.full((2, 1, 28, 28), 100, np.uint8)
    (before,) = open_program(program, weights).outputs(images)
    changed = bytearray(weights)
    header = 8 + int.from_bytes(weights[:8], "little")
    changed[header:] = bytes(len(weights) - header)
    (after,) = open_program(program, bytes(changed)).outputs(images)
    assert before.any()
    assert not after.any()


@pytest.mark.parametrize(
    "change",
    [
        lambda program, weights: (b"", weights),
        lambda program, weights: (program[:-100], weights),
        lambda program, weights: (program, weights[: len(weights) // 2]),
        lambda program, weights: (weights, program),
    ],
)
def test_damaged_files_are_errors_of_one_line(change):
    with pytest.raises(VerificationError, match="ONNX Runtime .* cannot open the program") as info:
        open_program(*change(*content_of("cnn.best")))
    assert "\n" not in str(info.value)
