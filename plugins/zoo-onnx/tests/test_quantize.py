"""Quantization: tags with integers, tested against their parent, and refused where they lose."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zoo_core.data.dataset import load_dataset
from zoo_core.errors import InvalidValueError, PluginError, VerificationError
from zoo_core.installation.installed import load_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.parent_program import find_parent
from zoo_core.publishing.publish import publish_run
from zoo_core.publishing.quantized import check_target, publish_quantized
from zoo_core.publishing.reproduce import reproduce_published
from zoo_core.publishing.verify import Verifier
from zoo_core.registry.index import EMPTY_INDEX, index_json
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import add_registry, resolve_weights
from zoo_core.registry.registry import Registry
from zoo_core.training.training import Training

onnx = pytest.importorskip("onnx")

from zoo_onnx.quantization import candidates  # noqa: E402
from zoo_onnx.quantization.candidates import calibration_inputs, quantize_parent  # noqa: E402

pytestmark = pytest.mark.requires("zoo-onnx", "zoo-numpy", "onnx")

TOY = Path(__file__).parents[3] / "tests" / "toy"
IMAGES = np.random.default_rng(0).integers(0, 256, (120, 1, 6, 5)).astype(np.uint8)


def enable_toy(toy_site, patch):
    patch.syspath_prepend(str(toy_site))
    patch.syspath_prepend(str(TOY))
    patch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-numpy,zoo-onnx")


@pytest.fixture
def catalog(toy_site, monkeypatch):
    """Return a catalog with the toy data, numpy-net and the runtime onnx."""
    enable_toy(toy_site, monkeypatch)
    return load_catalog()


@pytest.fixture(scope="module")
def weights(toy_site, tmp_path_factory):
    """Return a registry with a tiny network and its quantized form."""
    folder = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_HOME", str(folder / "zoo-home"))
        enable_toy(toy_site, patch)
        catalog = load_catalog()
        recipe = {"dataset": "toy", "epochs": 20, "model": {"hidden": [16, 8]}}
        run = Training.new(catalog, "numpy-net", out=folder / "run", overrides=[recipe]).run()
        publish_run(catalog, run.folder, "numpy-net.first", str(folder / "registry"))
        quantize(catalog, folder / "registry", "numpy-net.int8")
    return folder / "registry"


@pytest.fixture
def registry(weights, tmp_path):
    """Return a copy of the registry, in which numpy-net.int8 has the parent numpy-net.first."""
    target = tmp_path / "registry"
    for path in weights.rglob("*"):
        if path.is_file():
            (target / path.relative_to(weights)).parent.mkdir(parents=True, exist_ok=True)
            (target / path.relative_to(weights)).write_bytes(path.read_bytes())
    return target


def quantize(catalog, registry, name, change=lambda program: program, max_loss=0.1):
    parent = find_parent(catalog, "numpy-net.first", str(registry), runtime="onnx")
    location = check_target(parent, name, str(registry))
    program = change(quantize_parent(parent, 40, max_loss))
    return publish_quantized(parent, program, name, location, max_loss=max_loss)


def load(catalog, registry, name="numpy-net.int8", **options):
    return load_pretrained(catalog, name, registry=str(registry), **options)


def verify(catalog, registry):
    return Verifier(catalog).verify(resolve_weights(catalog, "numpy-net.int8", str(registry)))


def files_of(registry):
    return {path: path.read_bytes() for path in registry.rglob("*") if path.is_file()}


def without_first_layer(program):
    """Return a program whose first layer is 0, as a broken quantization might leave it."""

    def write(content):
        model = onnx.load_model_from_string(program.write(content))
        for tensor in model.graph.initializer:
            if tensor.name == "0.weight":
                tensor.CopyFrom(
                    onnx.numpy_helper.from_array(np.zeros((16, 30), np.int8), "0.weight")
                )
        return model.SerializeToString()

    return replace(program, write=write)


def test_tag_has_integers_and_the_facts_of_its_parent(catalog, registry):
    pretrained = load(catalog, registry)
    content = (registry / "numpy-net/int8/model.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert header["0.weight"] | {"data_offsets": None} == {
        "dtype": "I8",
        "shape": [16, 30],
        "data_offsets": None,
    }
    card = pretrained.card
    parent = resolve_weights(catalog, "numpy-net.first", str(registry)).published
    assert (card.quantized.source, card.quantized.sha256) == (parent.name, parent.sha256)
    assert (card.quantized.examples, len(card.quantized.p)) == (40, 1)
    assert card.parameters == parent.parameters
    assert parent.bytes > 1.2 * len(content)
    assert Registry("", Folder(registry)).index().defaults == {"numpy-net": "first"}


def test_weights_have_7_bits_so_that_sums_are_exact_on_every_processor(catalog, registry):
    parent = find_parent(catalog, "numpy-net.first", str(registry), runtime="onnx")
    tensors = quantize_parent(parent, 40, 1.0).tensors
    integers = [each for each in tensors.values() if each.dtype == np.int8]
    assert max(np.abs(each.astype(int)).max() for each in integers) == 64


def test_scores_are_those_of_the_quantized_program(catalog, registry):
    verification = verify(catalog, registry)
    assert [check.what for check in verification.checks] == [
        *("file", "card", "parent", "program for onnx"),
        *("golden outputs with onnx", "test split with onnx"),
    ]
    assert not verification.errors
    first, int8 = load(catalog, registry, "numpy-net.first"), load(catalog, registry)
    # Not for noise, because it is outside the ranges of the training examples.
    images = load_dataset(catalog.dataset("toy")).splits["test"].inputs
    before, after = (each.predict(images).outputs[0] for each in (first, int8))
    assert 0 < np.abs(before - after).max() < 0.1 * np.abs(before).max()


def test_equal_commands_write_equal_weights_and_programs(catalog, registry):
    quantize(catalog, registry, "numpy-net.again")
    again = quantize(catalog, registry, "numpy-net.again2")
    for file in ("model.safetensors", "model.onnx"):
        first, second = (
            (registry / "numpy-net" / tag / file).read_bytes() for tag in ("again", "again2")
        )
        assert first == second
    assert again.published.sha256 == load(catalog, registry).sha256


def test_program_refers_to_every_tensor_of_the_weight_file(registry):
    folder = registry / "numpy-net/int8"
    content = (folder / "model.safetensors").read_bytes()
    model = onnx.load(folder / "model.onnx", load_external_data=False)
    stated = [{each.key: each.value for each in x.external_data} for x in model.graph.initializer]
    referred = sum(int(each["length"]) for each in stated if each)
    assert referred == len(content) - 8 - int.from_bytes(content[:8], "little")
    assert all(len(each.raw_data) < 64 for each in model.graph.initializer)


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_outputs_do_not_depend_on_the_batch(catalog, registry, size):
    pretrained = load(catalog, registry)
    whole = pretrained.predict(IMAGES).outputs[0]
    parts = [
        pretrained.predict(IMAGES[start : start + size]).outputs[0]
        for start in range(0, len(IMAGES), size)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_calibration_examples_are_training_examples(catalog, registry):
    parent = find_parent(catalog, "numpy-net.first", str(registry), runtime="onnx")
    data = parent.data
    chosen = {each.tobytes() for each in calibration_inputs(parent, 40)}
    assert len(chosen) == 40
    assert chosen <= {each.tobytes() for each in data.train.inputs[data.train_rows]}
    assert not chosen & {each.tobytes() for each in data.validation.inputs}
    assert not chosen & {each.tobytes() for each in data.test.inputs}
    assert len(calibration_inputs(parent, 10**6)) == len(data.train_rows)


def test_loss_of_accuracy_is_refused_and_nothing_is_written(catalog, registry):
    before = files_of(registry)
    with pytest.raises(
        VerificationError,
        match=r"numpy-net\.bad loses \d+ percentage points of accuracy on 50 examples "
        r"\(\d+ answers became wrong, \d+ correct\), McNemar's p = .*at most 10 points, with p ≥ 0",
    ) as info:
        quantize(catalog, registry, "numpy-net.bad", without_first_layer)
    assert info.value.exit_code == 5
    assert files_of(registry) == before


def test_layers_stay_floats_where_validation_examples_lose(catalog, registry, monkeypatch):
    parent = find_parent(catalog, "numpy-net.first", str(registry), runtime="onnx")
    count = candidates.count_changes
    calls = []

    def lose_with_all_layers(before, after, split, tasks):
        assert split is not parent.data.test
        calls.append(split)
        heads = count(before, after, split, tasks)
        return [replace(head, to_wrong=head.total) for head in heads] if len(calls) < 2 else heads

    monkeypatch.setattr(candidates, "count_changes", lose_with_all_layers)
    program = quantize_parent(parent, 40, 0.1)
    assert len(program.floats) == 1
    assert "4.weight" in program.tensors
    assert program.tensors["4.weight"].dtype == np.float32


@pytest.mark.parametrize("options", [{"runtime": "trainer"}, {"device": "cuda"}])
def test_model_of_a_framework_is_refused_with_the_parents_name(catalog, registry, options):
    message = r"numpy-net\.int8 has no model of a framework.*Use numpy-net\.first"
    with pytest.raises(InvalidValueError, match=message):
        load(catalog, registry, **options)
    with pytest.raises(InvalidValueError, match=message):
        _ = load(catalog, registry).model


def test_runtime_is_chosen_though_the_framework_is_imported(catalog, registry):
    assert load(catalog, registry, "numpy-net.first", runtime="trainer").runtime == "numpy"
    assert load(catalog, registry).runtime == "onnx"


def test_missing_runtime_is_an_error_with_its_name(registry, toy_site, monkeypatch):
    enable_toy(toy_site, monkeypatch)
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-numpy")
    with pytest.raises(PluginError, match=r"requires one of the runtimes onnx.*zoo-onnx"):
        load(load_catalog(), registry)
    (error,) = verify(load_catalog(), registry).errors
    assert isinstance(error, PluginError)
    assert "pip install zoo-onnx" in str(error)


def test_weight_file_alone_is_refused(catalog, registry, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes((registry / "numpy-net/int8/model.safetensors").read_bytes())
    with pytest.raises(InvalidValueError, match="only their program can use"):
        load_pretrained(catalog, path)


def test_training_does_not_start_from_or_repeat_quantized_weights(catalog, registry, tmp_path):
    with pytest.raises(InvalidValueError, match=r"Reproduce numpy-net\.first, and quantize it"):
        reproduce_published(catalog, resolve_weights(catalog, "numpy-net.int8", str(registry)))
    add_registry(catalog, "here", str(registry))
    for field in ("initial", "teacher"):
        recipe = {"dataset": "toy", "epochs": 1, field: "numpy-net.int8"}
        with pytest.raises(InvalidValueError, match=r"no model of a framework.*numpy-net\.first"):
            Training.new(catalog, "numpy-net", out=tmp_path / field, overrides=[recipe]).run()


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        ("numpy-net.int8", "numpy-net.b", r"numpy-net\.int8 is quantized already"),
        ("numpy-net.first", "softmax.b", r"--as: expected numpy-net\.TAG"),
        ("numpy-net.first", "numpy-net.int8", r"numpy-net\.int8 is already published"),
    ],
)
def test_wrong_names_are_refused(catalog, registry, name, target, message):
    with pytest.raises(InvalidValueError, match=message):
        parent = find_parent(catalog, name, str(registry), runtime="onnx")
        location = check_target(parent, target, str(registry))
        publish_quantized(parent, quantize_parent(parent, 40, 1.0), target, location, max_loss=1.0)


def test_damaged_program_fails_verification(catalog, registry):
    path = registry / "numpy-net/int8/model.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    checks = {check.what: check for check in verify(catalog, registry).checks}
    assert isinstance(checks["program for onnx"].error, VerificationError)
    assert checks["parent"].error is None


def test_parent_with_another_checksum_fails_and_an_unknown_one_is_stated(catalog, registry):
    index = Registry("", Folder(registry)).index()
    first, int8 = (index.tags[f"numpy-net.{tag}"] for tag in ("first", "int8"))
    only_int8 = EMPTY_INDEX.with_tag(int8, default=True)
    (registry / "index.json").write_bytes(index_json(only_int8))
    (parent,) = (each for each in verify(catalog, registry).checks if each.what == "parent")
    assert parent.skipped
    assert f"no registry here has numpy-net.first, sha256 {first.sha256}" in parent.found
    other = only_int8.with_tag(replace(first, sha256="0" * 64), default=False)
    (registry / "index.json").write_bytes(index_json(other))
    (error,) = verify(catalog, registry).errors
    assert f"expected sha256 {first.sha256}, as on the card, got {'0' * 64}" in str(error)


def test_card_page_shows_parent_and_result(registry):
    page = (registry / "numpy-net/int8/card.md").read_text()
    assert "- Quantized from: `numpy-net.first`, sha256 `" in page
    assert "by onnxruntime" in page
    assert "zoo quantize numpy-net.first --as numpy-net.int8 --registry FOLDER" in page
    assert "zoo reproduce" not in page
