"""Exporters of the trainers; their files are run by ONNX Runtime and torch."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st
from torch import nn

import zoo_core as zoo
from zoo_core import InputSpec, Normalization, TargetSpec, class_targets
from zoo_core.data.dataset import load_dataset
from zoo_core.data.normalization import TargetScale
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.predictions import predictions_of
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.model import FrameworkModel, Pretrained
from zoo_core.registry.lookup import known_registries, list_published
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.regression import Regression
from zoo_core.tasks.sequence import StringRecognition
from zoo_export.compare_outputs import TOLERANCE, OutputComparison, compare_outputs, normalize
from zoo_export.export import find_exporter
from zoo_export.formats import FORMATS, Program
from zoo_numpy.config import NumpyNetConfig
from zoo_numpy.net import build
from zoo_numpy.regressor import model
from zoo_numpy.trainer import NumpyTrainer
from zoo_torch.trainer import TorchTrainer

ROOT = Path(__file__).parents[3]
sys.path.append(str(ROOT))  # at the end, because only the benchmarks are not installed

from benchmarks.exports import kept  # noqa: E402
from benchmarks.quantized import QUANTIZED  # noqa: E402

PUBLISHED = [
    ("numpy-net.default", "onnx", True),
    ("numpy-net.default", "onnx", False),
    ("mlp.default", "onnx", True),
    ("mlp.default", "torch-export", False),
    ("cnn.best-10k", "onnx", True),  # has five views
    ("cnn.best-10k", "torch-export", True),
    ("two-headed-cnn.default", "onnx", False),
    ("two-headed-cnn.default", "torch-export", True),
    ("two-headed-mlp.reference", "onnx", True),
]
"""Weights, format, and True if normalization is part of the file."""


@pytest.fixture
def exported(tmp_path):
    """Return a function that exports a model and loads the file."""

    def export(pretrained, format_, *, normalization=True):
        path = tmp_path / f"model{FORMATS[format_].suffix}"
        find_exporter(installed_catalog(), pretrained, format_)(
            pretrained, path, normalization=normalization
        )
        return FORMATS[format_].open(path)

    return export


def images_of(pretrained):
    return (
        load_dataset(installed_catalog().dataset(pretrained.card.dataset.name))
        .splits["test"]
        .inputs
    )


def noise(pretrained, count=5):
    """Return images whose edges are not black, unlike those of digits."""
    return np.random.default_rng(0).integers(0, 256, (count, *pretrained.input_shape), np.uint8)


def made_of(model, trainer, *, shape, normalization, views, heads=(), spec=None, targets=()):
    """Return a model with untrained weights, of images and classes or of other data."""
    recipe = SimpleNamespace(trainer="torch" if isinstance(model, nn.Module) else "numpy")
    targets = targets or class_targets(*([str(i) for i in range(count)] for count in heads))
    tasks = {
        "classification": Classification,
        "regression": Regression,
        "sequence": StringRecognition,
    }
    return Pretrained(
        name="made",
        sha256="0" * 64,
        normalization=normalization,
        input=spec or InputSpec(shape=shape),
        targets=targets,
        views=views,
        calibration=None,
        _program=None,
        _build=lambda: FrameworkModel(trainer, "made", model),
        _files=None,
        _read_card=lambda: SimpleNamespace(recipe=recipe),
        _read_data=lambda: None,
        _read_config=lambda: None,
        _find_tasks=lambda: tuple(tasks[each.task](each) for each in targets),
        _find_familiarity=lambda: None,
    )


def assert_alike(program, pretrained, images, *, normalization):
    assert compare_outputs(program, pretrained, images, normalization=normalization).alike


@pytest.mark.slow
@pytest.mark.parametrize(("name", "format_", "normalization"), PUBLISHED)
def test_exported_file_gives_zoo_logits_for_any_batch_size(exported, name, format_, normalization):
    pretrained = zoo.load(name, device="cpu")
    program = exported(pretrained, format_, normalization=normalization)
    images = images_of(pretrained)[:1000]
    expected = pretrained.predict(images)
    given_ = images if normalization else normalize(images, pretrained.normalization)
    for count in (1, 2, 7, 1000):
        logits = program.run(given_[:count])
        assert len(logits) == len(expected.outputs)
        for head, (own, zoos) in enumerate(zip(logits, expected.outputs, strict=True)):
            np.testing.assert_allclose(own, zoos[:count], rtol=0, atol=1e-4)
            assert (own.argmax(axis=1) == expected.labels[:count, head]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "format_", "views", "normalization"),
    [
        ("numpy-net.default", "onnx", 5, True),
        ("numpy-net.default", "onnx", 9, False),
        ("cnn.best-10k", "onnx", 9, False),
        ("cnn.best-10k", "torch-export", 9, True),
        ("mlp.default", "torch-export", 5, False),
        ("numpy-net.default", "onnx", 2, True),
        ("cnn.best-10k", "onnx", 10, True),
        ("mlp.default", "torch-export", 2, True),
    ],
)
def test_exported_file_includes_views(exported, name, format_, views, normalization):
    pretrained = replace(zoo.load(name, device="cpu"), views=views)
    program = exported(pretrained, format_, normalization=normalization)
    images = noise(pretrained)
    assert_alike(program, pretrained, images, normalization=normalization)
    one = replace(pretrained, views=1)
    assert compare_outputs(program, one, images, normalization=normalization).difference > 0.01


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    activation=st.sampled_from(["relu", "leaky_relu", "tanh", "sigmoid"]),
    hidden=st.lists(st.integers(1, 9), max_size=3),
    dropout=st.sampled_from([0.0, 0.5]),
    heads=st.lists(st.integers(2, 5), min_size=1, max_size=3),
    channels=st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 1)), min_size=1, max_size=3),
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    views=st.sampled_from([1, 2, 5, 9, 10, 18]),
    normalization=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_exporter_preserves_logits_of_any_numpy_net(
    exported, activation, hidden, dropout, heads, channels, size, views, normalization, seed
):
    shape = (len(channels), *size)
    config = NumpyNetConfig(
        input_shape=shape,
        classes=tuple(heads),
        hidden=tuple(hidden),
        activation=activation,
        dropout=dropout,
    )
    net = build(config)
    net.initialize(seed)
    means, stds = zip(*channels, strict=True)
    pretrained = made_of(
        net,
        NumpyTrainer(),
        shape=shape,
        heads=heads,
        normalization=Normalization(means, stds),
        views=views,
    )
    program = exported(pretrained, "onnx", normalization=normalization)
    images = np.random.default_rng(seed).integers(0, 256, (4, *shape), np.uint8)
    for own, zoos in zip(
        program.run(images if normalization else normalize(images, pretrained.normalization)),
        pretrained.predict(images).outputs,
        strict=True,
    ):
        np.testing.assert_allclose(own, zoos, rtol=0, atol=1e-5)


class Chunked(nn.Module):
    """Model with two heads that splits its batch in three and joins it in reverse order."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3)
        self.heads = nn.ModuleList([nn.Linear(4, 2), nn.Linear(4, 5)])

    def forward(self, x):
        parts = torch.chunk(torch.cat([x, -x, x.flip(3)]), 3)
        found = self.convolution(torch.cat(parts[::-1])).relu().mean((2, 3))
        return [head(found.chunk(dim=0, chunks=3)[0]) for head in self.heads]


@pytest.mark.slow
@pytest.mark.parametrize(("format_", "normalization"), [("onnx", True), ("torch-export", False)])
def test_exporter_supports_batch_chunking_with_color_and_views(exported, format_, normalization):
    trainer = TorchTrainer(device="cpu")
    pretrained = made_of(
        trainer.build(lambda _: Chunked(), None, seed=0),
        trainer,
        shape=(3, 6, 8),
        heads=(2, 5),
        normalization=Normalization((0.1, 0.5, 0.9), (0.2, 0.3, 0.4)),
        views=18,
    )
    program = exported(pretrained, format_, normalization=normalization)
    assert_alike(program, pretrained, noise(pretrained, 8), normalization=normalization)


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["onnx", "torch-export"])
def test_exporter_leaves_model_unchanged(exported, format_):
    pretrained = zoo.load("cnn.default", device="cpu")
    pretrained.model.train()

    def state():
        tensors = pretrained.model.state_dict(keep_vars=True)
        return {
            key: (
                id(each),
                each.stride(),
                each.requires_grad,
                each.detach().clone().numpy().tobytes(),
            )
            for key, each in tensors.items()
        }

    before = state()
    exported(pretrained, format_)
    assert state() == before
    assert pretrained.model.training


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "format_"),
    [("numpy-net.default", "onnx"), ("mlp.default", "onnx"), ("cnn.default", "torch-export")],
)
def test_exported_file_is_reproducible_and_holds_no_source_path(exported, tmp_path, name, format_):
    path = tmp_path / f"model{FORMATS[format_].suffix}"
    files = []
    for _ in range(2):
        exported(zoo.load(name, device="cpu"), format_)
        files.append(path.read_bytes())
    assert files[0] == files[1]
    assert b".py" not in files[0]
    if format_ == "onnx":  # torch writes its passes into each node
        assert not any(node.metadata_props for node in onnx.load(path).graph.node)
    assert [each.name for each in tmp_path.glob("model*")] == [path.name]  # no external data file


@pytest.mark.parametrize(
    ("difference", "labels", "alike"),
    [(TOLERANCE, 0, True), (1.01e-4, 0, False), (0.0, 1, False), (float("nan"), 0, False)],
)
def test_output_comparison_requires_close_logits_and_same_labels(difference, labels, alike):
    assert OutputComparison(1000, difference, labels).alike is alike


def test_compare_outputs_finds_greatest_difference_and_label_mismatches():
    zoos = np.array([[0, 1, 0], [0, 2, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    given = zoos + np.array([[0, 0, 3], [0, 0, 0], [0, 0, 0], [-0.5, 0, 0]], np.float32)
    tasks = [Classification(target) for target in class_targets(3, 3)]
    pretrained = SimpleNamespace(
        tasks=tasks, predict=lambda batch: predictions_of(tasks, [zoos[batch], zoos[batch]])
    )
    program = Program((), (), lambda batch: [given[batch], zoos[batch]])
    compared = compare_outputs(program, pretrained, np.arange(4), normalization=True)
    assert compared == OutputComparison(images=4, difference=3.0, labels=1)


def test_output_comparison_is_relative_to_largest_output():
    assert OutputComparison(10, 0.9, 0, largest=10_000.0).alike
    assert not OutputComparison(10, 1.1, 0, largest=10_000.0).alike
    assert not OutputComparison(10, 1e-6, 0, largest=0.001).alike


# Models of other inputs and tasks.

SCALES = (TargetScale((50_000.0,), (9_000.0,)), None)
"""Scales of a number and of other targets."""
NUMBER = TargetSpec(task="regression", unit="USD")
PAIR = TargetSpec(task="regression", shape=(2,))


def features(made, count=5, *, missing=False):
    """Return features, of which some may be missing."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(3, 9, (count, *made.input_shape)).astype(made.input.dtype)
    if missing:
        inputs[rng.random(inputs.shape) < 0.3] = np.nan
    return inputs


@pytest.mark.parametrize("normalization", [True, False])
@pytest.mark.parametrize("fill", [(), (1.0, 2.0, 3.0)])
@pytest.mark.parametrize("shape", [(3,), (3, 2)])
def test_numpy_net_of_numbers_is_exported_with_its_scales(exported, shape, fill, normalization):
    net = build(NumpyNetConfig(input_shape=shape, outputs=(1, 2), hidden=(4,)))
    net.initialize(1)
    made = made_of(
        net,
        NumpyTrainer(),
        shape=shape,
        spec=InputSpec(kind="array" if shape[1:] else "features", shape=shape),
        targets=(NUMBER, PAIR),
        normalization=Normalization((3.0, 2.0, 1.0), (9.0, 8.0, 7.0), SCALES, fill),
        views=1,
    )
    program = exported(made, "onnx", normalization=normalization)
    shown = ", ".join(map(str, shape))
    assert list(map(str, program.inputs)) == [f"inputs float32 (N, {shown})"]
    assert [each.name for each in program.outputs] == ["outputs_head1", "outputs_head2"]
    inputs = features(made, missing=bool(fill))
    assert_alike(program, made, inputs, normalization=normalization)
    number, _ = program.run(inputs if normalization else normalize(inputs, made.normalization))
    assert np.abs(number).min() > 1000  # in the unit of the target
    np.testing.assert_allclose(number, made.predict(inputs).outputs[0], rtol=1e-5)


@pytest.mark.parametrize("normalization", [True, False])
def test_numpy_net_in_float64_is_exported_in_float64(exported, normalization):
    net = model.build(model.RegressorConfig(input_shape=(2,), outputs=(1,)))
    net.initialize()
    made = made_of(
        net,
        NumpyTrainer(),
        shape=(2,),
        spec=InputSpec(kind="features", shape=(2,), dtype="float64"),
        targets=(NUMBER,),
        normalization=Normalization((3.0, 2.0), (9.0, 8.0), SCALES[:1]),
        views=1,
    )
    program = exported(made, "onnx", normalization=normalization)
    assert list(map(str, program.inputs)) == ["inputs float64 (N, 2)"]
    assert list(map(str, program.outputs)) == ["outputs float64 (N, 1)"]
    inputs = features(made)
    (found,) = program.run(inputs if normalization else normalize(inputs, made.normalization))
    np.testing.assert_allclose(found, made.predict(inputs).outputs[0], rtol=1e-12)


class Encoder(nn.Module):
    """Model of arrays with an output per position, and of tokens."""

    def __init__(self, *, tokens):
        super().__init__()
        self.first = nn.Embedding(7, 3) if tokens else nn.Linear(4, 3)
        self.steps, self.number = nn.Linear(3, 4), nn.Linear(3, 1)

    def forward(self, x):
        x = self.first(x).tanh()
        return [self.steps(x), self.number(x.mean(1))]


@pytest.mark.slow
@pytest.mark.parametrize("normalization", [True, False])
@pytest.mark.parametrize("tokens", [True, False])
@pytest.mark.parametrize("format_", ["onnx", "torch-export"])
def test_torch_model_of_other_inputs_is_exported(exported, format_, tokens, normalization):
    trainer = TorchTrainer(device="cpu")
    scales, fill = (None, SCALES[0]), (1.0, 2.0)
    made = made_of(
        trainer.build(lambda _: Encoder(tokens=tokens), None, seed=0),
        trainer,
        shape=(5,) if tokens else (2, 4),
        spec=InputSpec(kind="tokens", shape=(5,), size=7)
        if tokens
        else InputSpec(kind="array", shape=(2, 4)),
        targets=(TargetSpec(task="sequence", classes=tuple("abc"), shape=(2,)), NUMBER),
        normalization=Normalization((), (), scales)
        if tokens
        else Normalization((3.0, 2.0), (9.0, 8.0), scales, fill),
        views=1,
    )
    program = exported(made, format_, normalization=normalization)
    inputs = np.arange(25).reshape(5, 5) % 7 if tokens else features(made, missing=True)
    assert program.inputs[0].dtype == str(inputs.dtype)
    assert_alike(program, made, inputs, normalization=normalization)


@pytest.mark.slow
def test_program_lists_inputs_and_outputs(exported):
    pretrained = zoo.load("two-headed-cnn.default", device="cpu")
    program = exported(pretrained, "onnx")
    assert list(map(str, program.inputs)) == ["images uint8 (N, 1, 42, 28)"]
    assert list(map(str, program.outputs)) == [
        "logits_head1 float32 (N, 10)",
        "logits_head2 float32 (N, 10)",
    ]
    program = exported(pretrained, "torch-export", normalization=False)
    assert list(map(str, program.inputs)) == ["images float32 (N, 1, 42, 28)"]
    assert list(map(str, program.outputs)) == ["[0] float32 (N, 10)", "[1] float32 (N, 10)"]


def test_export_results_cover_published_weights_and_match_zoo():
    catalog = installed_catalog()
    expected = {
        (actual.name, format_)
        for actual in list_published(known_registries(catalog))
        if actual.published.name not in QUANTIZED  # they have no model to export
        for format_ in catalog.trainer(
            load_pretrained(catalog, actual).card.recipe.trainer
        ).spec.exporters
    }
    measured = kept().files
    assert {(row.weights, row.format) for row in measured} == expected, (
        "python -m benchmarks.exports"
    )
    for row in measured:
        assert OutputComparison(row.images, row.difference, row.labels).alike
        assert row.images in (5, 4000, 5000, 10000)  # whole test splits
