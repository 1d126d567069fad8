"""Rewritten graphs: the same numbers in fewer operators, and other programs as they were."""

import numpy as np
import onnxruntime
import pytest

from zoo_core.errors import InvalidValueError, VerificationError
from zoo_core.metrics.task import Measure
from zoo_core.publishing.answer_changes import HeadChanges, check_changes, require_binary

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from zoo_onnx.quantization.compact import compact, tensors  # noqa: E402
from zoo_onnx.quantization.pixels import use_pixels  # noqa: E402
from zoo_onnx.quantization.simplify import simplify  # noqa: E402
from zoo_onnx.quantization.static import quantize  # noqa: E402

pytestmark = pytest.mark.requires("zoo-onnx", "onnx")

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (60, 1, 12, 12)).astype(np.uint8)


def program(nodes, constants, result="logits", shape=("N", 3)):
    graph = helper.make_graph(
        [helper.make_node(op, inputs, [output], **more) for op, inputs, output, more in nodes],
        "test",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", 1, 12, 12])],
        [helper.make_tensor_value_info(result, TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def network(scales=(0.5, 1.5, 1.0, 2.0)):
    """Return a convolution, a pooling, a batch norm, and a dense layer on the means of pixels."""
    norm = ("gamma", "beta", "mean", "variance")
    return program(
        [
            ("Cast", ["images"], "float", {"to": TensorProto.FLOAT}),
            ("Mul", ["float", "factor"], "scaled", {}),
            ("Add", ["scaled", "shift"], "normalized", {}),
            ("Conv", ["normalized", "kernel"], "convolved", {}),
            ("MaxPool", ["convolved"], "pooled", {"kernel_shape": [2, 2], "strides": [2, 2]}),
            ("BatchNormalization", ["pooled", *norm], "normed", {}),
            ("Relu", ["normed"], "positive", {}),
            ("ReduceMean", ["positive", "axes"], "means", {"keepdims": 1}),
            ("Shape", ["images"], "size", {"end": 1}),
            ("Concat", ["size", "rest"], "shape", {"axis": 0}),
            ("Reshape", ["means", "shape"], "flat", {}),
            ("Gemm", ["flat", "weight", "bias"], "logits", {"transB": 1}),
        ],
        {
            "factor": np.float32(1 / 255),
            "shift": np.float32(-0.13),
            "kernel": RANDOM.standard_normal((4, 1, 3, 3)).astype(np.float32),
            "gamma": np.array(scales, np.float32),
            "beta": RANDOM.standard_normal(4).astype(np.float32),
            "mean": RANDOM.standard_normal(4).astype(np.float32),
            "variance": np.array([0.5, 1, 2, 3], np.float32),
            "axes": np.array([-1, -2]),
            "rest": np.array([-1]),
            "weight": RANDOM.standard_normal((3, 4)).astype(np.float32),
            "bias": RANDOM.standard_normal(3).astype(np.float32),
        },
    )


def run(model, images=IMAGES):
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"images": images})[0]


def operators(model):
    return [node.op_type for node in model.graph.node]


def test_batch_norm_behind_pooling_is_folded_and_means_are_flat():
    model = network()
    expected = run(model)
    simple = simplify(model)
    assert operators(simple) == [
        *("Cast", "Mul", "Add", "Conv", "Relu", "MaxPool", "GlobalAveragePool", "Flatten", "Gemm")
    ]
    np.testing.assert_allclose(run(simple), expected, rtol=1e-4, atol=1e-5)


def test_batch_norm_with_a_negative_scale_stays_behind_the_pooling():
    model = network(scales=(0.5, -1.5, 1.0, 2.0))
    expected = run(model)
    simple = simplify(model)
    names = operators(simple)
    assert names.index("MaxPool") < names.index("BatchNormalization")
    np.testing.assert_allclose(run(simple), expected, rtol=1e-4, atol=1e-5)


def test_shared_bias_has_integers_for_the_scale_of_each_input():
    layers = [("Gemm", [f"view{i}", "weight", "bias"], f"out{i}", {"transB": 1}) for i in (0, 1)]
    model = program(
        [
            ("Cast", ["images"], "float", {"to": TensorProto.FLOAT}),
            ("Flatten", ["float"], "view0", {}),
            ("Mul", ["view0", "small"], "view1", {}),
            *layers,
            ("Add", ["out0", "out1"], "logits", {}),
        ],
        {
            "small": np.float32(0.01),
            "weight": RANDOM.standard_normal((3, 144)).astype(np.float32) / 1000,
            "bias": np.array([1, 2, 3], np.float32),
        },
    )
    expected = run(model)
    quantized = quantize(simplify(model), IMAGES)
    np.testing.assert_allclose(run(quantized), expected, atol=0.05)


def test_integer_program_uses_pixels_and_returns_floats():
    simple = simplify(network())
    expected = run(simple)
    quantized = quantize(simple, IMAGES)
    assert operators(quantized) == [
        *("QLinearConv", "MaxPool", "QLinearGlobalAveragePool", "Flatten", "QGemm")
    ]
    found = run(quantized)
    assert np.abs(found - expected).max() < 0.05 * np.abs(expected).max()
    assert len({*found[:, 0].tolist()}) > 50  # sums of 32 bits, not one of 256 numbers


@pytest.mark.parametrize(
    ("scale", "zero_point", "removed"),
    [(1 / 255, 0, True), (2 / 255, 0, False), (1 / 255, 1, False)],
)
def test_only_arithmetic_without_an_effect_on_pixels_is_removed(scale, zero_point, removed):
    model = program(
        [
            ("Cast", ["images"], "float", {"to": TensorProto.FLOAT}),
            ("Mul", ["float", "factor"], "scaled", {}),
            ("QuantizeLinear", ["scaled", "scale", "zero"], "integers", {}),
            ("DequantizeLinear", ["integers", "scale", "zero"], "logits", {}),
        ],
        {
            "factor": np.float32(1 / 255),
            "scale": np.float32(scale),
            "zero": np.uint8(zero_point),
        },
        shape=("N", 1, 12, 12),
    )
    expected = run(model)
    use_pixels(model)
    assert (operators(model) == ["DequantizeLinear"]) == removed
    np.testing.assert_array_equal(run(model), expected)


def test_compact_program_has_the_same_outputs_in_fewer_bytes():
    quantized = quantize(simplify(network()), IMAGES)
    small = compact(quantized)
    np.testing.assert_array_equal(run(small), run(quantized))
    assert len(small.SerializeToString()) < 0.6 * len(quantized.SerializeToString())
    assert [each.name for each in (*small.graph.input, *small.graph.output)] == ["images", "logits"]
    assert compact(small) == small
    assert all(each.nbytes >= 64 for each in tensors(small).values())


@pytest.mark.parametrize(
    ("to_wrong", "to_right", "max_loss", "refused"),
    [
        (0, 0, 0.0, False),
        (10, 9, 0.001, False),  # 1 of 1,000 is exactly the limit
        (11, 9, 0.001, True),
        (5, 0, 0.1, False),  # p = 0.0625
        (6, 0, 0.1, True),  # p = 0.03125
        (0, 6, 0.0, False),
        (1, 0, 0.0, True),
    ],
)
def test_loss_is_limited_by_size_and_by_significance(to_wrong, to_right, max_loss, refused):
    heads = [HeadChanges(1000, 0, 0), HeadChanges(1000, to_wrong, to_right)]
    if not refused:
        check_changes(heads, max_loss, "m.int8", "m.best")
        return
    with pytest.raises(VerificationError, match=r"head 2 of m\.int8 loses .*compared with m\.best"):
        check_changes(heads, max_loss, "m.int8", "m.best")


def test_tasks_without_right_and_wrong_answers_are_refused():
    class Loss:
        measures = (Measure("loss", higher_is_better=False),)

        class target:  # noqa: N801
            task = "regression"

    with pytest.raises(InvalidValueError, match=r"head 1 of m\.best.*got regression"):
        require_binary([Loss()], "m.best")


def test_bias_of_0_is_dropped():
    model = program(
        [
            ("Cast", ["images"], "float", {"to": TensorProto.FLOAT}),
            ("Conv", ["float", "kernel", "zeros"], "logits", {}),
        ],
        {
            "kernel": RANDOM.standard_normal((3, 1, 12, 12)).astype(np.float32),
            "zeros": np.zeros(3, np.float32),
        },
        shape=("N", 3, 1, 1),
    )
    expected = run(model)
    simple = simplify(model)
    assert [each.name for each in simple.graph.initializer] == ["kernel"]
    np.testing.assert_array_equal(run(simple), expected)
