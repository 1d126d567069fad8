"""Runtimes: published programs predict without the framework of their weights."""

import json
import sys

import numpy as np
import pytest

import zoo_core as zoo
from tests.stress import servers
from zoo_core.errors import DataError, InvalidValueError, VerificationError
from zoo_core.installation.installed import load_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.publish import publish_run
from zoo_core.publishing.verify import Verifier
from zoo_core.registry import cache
from zoo_core.registry.lookup import add_registry, find_weights, resolve_weights

IMAGES = np.random.default_rng(0).integers(0, 256, (9, 1, 6, 5)).astype(np.uint8)


@pytest.fixture
def catalog(toy, monkeypatch):
    """Return the catalog with a runtime `toy-runtime`."""
    monkeypatch.setenv("TOY_RUNTIME", "toy-runtime")
    return load_catalog()


@pytest.fixture
def published(catalog, run, tmp_path, monkeypatch):
    """Return the address of a registry with softmax.first and its program."""
    monkeypatch.chdir(tmp_path)
    publish_run(catalog, run.folder, "softmax.first", str(tmp_path / "published"))
    return tmp_path / "published"


@pytest.fixture
def without_framework(monkeypatch):
    """Make the toy framework look as if it was not imported yet."""
    for name in ("zoo_toy", "zoo_toy.model"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def load(catalog, published, runtime="auto", **options):
    return load_pretrained(
        catalog, "softmax.first", registry=str(published), runtime=runtime, **options
    )


def test_program_lies_beside_the_weights_with_its_checksum_on_card_and_index(published):
    folder = published / "softmax" / "first"
    assert (folder / "model.toy").read_bytes() == b"softmax\n"
    stated = json.loads((folder / "card.json").read_text())["runtimes"]["toy-runtime"]
    assert stated["file"] == "model.toy"
    index = json.loads((published / "index.json").read_text())
    entry = index["models"]["softmax"]["tags"]["first"]["runtimes"]["toy-runtime"]
    assert entry == {"sha256": stated["sha256"], "bytes": 8}
    assert "model.toy" in (folder / "card.md").read_text()


def test_runtime_predicts_until_the_framework_is_imported(catalog, published, without_framework):
    first = load(catalog, published)
    assert first.runtime == "toy-runtime"
    assert "zoo_toy.model" not in sys.modules
    own = load(catalog, published, "trainer")
    assert own.runtime == "toy"
    assert load(catalog, published).runtime == "toy"
    np.testing.assert_allclose(
        first.predict(IMAGES).outputs[0], own.predict(IMAGES).outputs[0], rtol=1e-5
    )


def test_model_of_a_runtime_is_built_when_it_is_used_and_then_predicts(catalog, published):
    pretrained = load(catalog, published, "toy-runtime")
    before = pretrained.predict(IMAGES).outputs[0]
    pretrained.model.weights[0][:] = 0
    assert pretrained.runtime == "toy"
    assert before.any()
    assert not pretrained.predict(IMAGES).outputs[0].any()


@pytest.mark.parametrize(
    ("runtime", "message"),
    [
        (
            "nothing",
            "there is no runtime 'nothing'. Choose one of: auto, toy, toy-runtime, trainer",
        ),
        ("torch", "there is no runtime 'torch'"),
    ],
)
def test_unknown_runtime_is_refused(catalog, published, runtime, message):
    with pytest.raises(InvalidValueError, match=message):
        load(catalog, published, runtime)


def test_runtime_needs_a_program(catalog, run, registry):
    with pytest.raises(InvalidValueError, match="softmax.first has no program for toy-runtime"):
        load(catalog, registry, "toy-runtime")
    with pytest.raises(InvalidValueError, match="only published weights have a program"):
        load_pretrained(catalog, run.folder, runtime="toy-runtime")
    assert load_pretrained(catalog, run.folder).runtime == "toy"


def test_runtime_refuses_devices_and_models_of_the_trainer(catalog, published):
    model = load(catalog, published, "trainer").model
    for options in ({"into": model}, {"device": "cuda"}):
        with pytest.raises(InvalidValueError, match="Use the runtime trainer"):
            load(catalog, published, "toy-runtime", **options)
    assert load(catalog, published, into=model).model is model


def test_changed_program_is_refused(catalog, published, without_framework):
    path = published / "softmax" / "first" / "model.toy"
    path.write_bytes(b"Softmax\n")
    with pytest.raises(VerificationError, match=f"checksum mismatch for program {path}"):
        load(catalog, published)


def test_runtime_that_cannot_be_imported_leaves_the_prediction_to_the_trainer(
    catalog, published, without_framework, monkeypatch
):
    monkeypatch.setitem(sys.modules, "zoo_toy.runtime", None)
    assert load(catalog, published).runtime == "toy"


def test_verification_covers_model_and_program(catalog, published):
    found = resolve_weights(catalog, "softmax.first", str(published))
    names = [check.what for check in Verifier(catalog).verify(found).checks]
    with_program = ["program for toy-runtime", "golden outputs with toy-runtime"]
    assert names == [
        *("file", "card", "model", "golden outputs", "test split"),
        *(*with_program, "test split with toy-runtime"),
    ]
    alone = [check.what for check in Verifier(catalog, "toy-runtime").verify(found).checks]
    assert alone == [*("file", "card"), *names[5:]]
    by_trainer = [check.what for check in Verifier(catalog, "toy").verify(found).checks]
    assert by_trainer == names[:5]


def test_verification_finds_a_program_with_other_answers(catalog, published, monkeypatch):
    found = resolve_weights(catalog, "softmax.first", str(published))
    import zoo_toy.runtime

    outputs = zoo_toy.runtime.ToyPredictor.outputs
    monkeypatch.setattr(
        zoo_toy.runtime.ToyPredictor,
        "outputs",
        lambda self, inputs: [-head for head in outputs(self, inputs)],
    )
    errors = [str(error) for error in Verifier(catalog).verify(found).errors]
    assert len(errors) == 2
    assert "golden outputs" in errors[0]
    assert "scores of the test examples" in errors[1]


def test_publishing_refuses_a_program_with_other_answers(catalog, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    import zoo_toy.runtime

    monkeypatch.setattr(
        zoo_toy.runtime.ToyPredictor,
        "outputs",
        lambda self, inputs: [np.zeros((len(inputs), 3), np.float32)],
    )
    notes = []
    target = str(tmp_path / "published")
    with pytest.raises(VerificationError, match="golden outputs"):
        publish_run(catalog, run.folder, "softmax.a", target, formats=["toy"])
    found = publish_run(catalog, run.folder, "softmax.a", target, on_note=notes.append)
    assert found.published.runtimes == {}
    assert "published without a program: golden outputs" in notes[0]


def test_publishing_refuses_unknown_formats_and_can_leave_programs_out(catalog, run, tmp_path):
    target = str(tmp_path / "published")
    with pytest.raises(InvalidValueError, match=r"--format: .* of the format x .* none, toy"):
        publish_run(catalog, run.folder, "softmax.a", target, formats=["x"])
    assert not publish_run(catalog, run.folder, "softmax.a", target, formats=[]).published.runtimes


def test_public_load_has_a_runtime(catalog, published, monkeypatch):
    monkeypatch.setenv("TOY_RUNTIME", "toy-runtime")
    pretrained = zoo.load("softmax.first", registry=str(published), runtime="toy-runtime")
    assert pretrained.runtime == "toy-runtime"


def test_programs_are_downloaded_cached_and_removed_with_their_weights(
    catalog, published, loopback, cli, without_framework, monkeypatch
):
    with servers.serving(published) as server:
        add_registry(catalog, "there", server.url)
        assert load_pretrained(catalog, "there/softmax.first").runtime == "toy-runtime"
        for path in cache.cached_files():
            path.unlink()
        assert cli("pull", "softmax").code == 0
    found = find_weights(catalog, "softmax.first")
    sums = [*found.published.checksums]
    assert len(sums) == 3
    assert sorted(path.name for path in cache.cached_files()) == sorted(sums)
    listed = cli("cache", "list", "--json").json["files"]
    assert "there/softmax.first (program for toy-runtime)" in {each["name"] for each in listed}
    assert load_pretrained(catalog, "softmax.first").runtime == "toy-runtime"  # offline
    assert cli("cache", "prune").code == 0
    assert len(cache.cached_files()) == 3
    # A damaged copy is fetched again, which needs the server.
    cache.path_of(sums[2]).write_bytes(b"Softmax\n")
    with pytest.raises(DataError, match="ConnectionRefusedError"):
        load_pretrained(catalog, "softmax.first")
    assert cli("cache", "remove", "softmax.first").code == 0
    assert cache.cached_files() == []
