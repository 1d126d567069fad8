"""Results and errors of `zoo verify` and `zoo reproduce`."""

import hashlib
import json
import os
import re
import signal
from dataclasses import replace

import numpy as np
import pytest

from zoo_core import __version__
from zoo_core.errors import InterruptedTrainingError, VerificationError
from zoo_core.frameworks.run import Callbacks
from zoo_core.publishing.publish import publish_run
from zoo_core.publishing.reproduce import reproduce_published
from zoo_core.publishing.seed_interval import is_within
from zoo_core.publishing.verify import Verifier
from zoo_core.registry.index import EMPTY_INDEX, index_json
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import resolve_weights
from zoo_core.registry.registry import Registry
from zoo_core.training.training import Training
from zoo_core.weights.file import load_weights, save_weights


def verify(toy, registry, name="softmax.first"):
    return Verifier(toy).verify(resolve_weights(toy, name, str(registry)))


def test_verifier_passes_published_weights(toy, registry):
    verification = verify(toy, registry)
    names = ["file", "card", "model", "golden outputs", "test split"]
    assert [check.what for check in verification.checks] == names
    assert not verification.errors
    found = {check.what: check.found for check in verification.checks}
    assert "bytes, sha256 in" in found["file"]
    assert "1 tensor, 90 parameters" in found["model"]
    assert "50 of 50 examples correct" in found["test split"]


def test_verifier_stops_at_changed_file(toy, registry):
    path = registry / "softmax/first/model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    (check,) = verify(toy, registry).checks
    assert isinstance(check.error, VerificationError)


def rewrite(registry, *, card=None, weights=None, header=None):
    """Change published files together with their index, as a malicious registry would."""
    location = Folder(registry)
    (entry,) = Registry("", location).index().tags.values()
    folder = registry / "softmax" / "first"
    facts = json.loads((folder / "card.json").read_text())
    if weights:
        path = folder / "model.safetensors"
        file = load_weights(path)
        if header:
            header(file.metadata)
        sha256 = save_weights(path, weights(dict(file.tensors)), file.metadata)
        facts["weights"] |= {"sha256": sha256, "bytes": path.stat().st_size}
        entry = replace(entry, sha256=sha256, bytes=path.stat().st_size)
    if card:
        card(facts)
    content = json.dumps(facts).encode()
    (folder / "card.json").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    entry = replace(entry, card_sha256=digest, card_bytes=len(content))
    (registry / "index.json").write_bytes(index_json(EMPTY_INDEX.with_tag(entry, default=True)))


def change(*keys, by):
    def make(facts):
        for key in keys[:-1]:
            facts = facts[key]
        facts[keys[-1]] = by(facts[keys[-1]])

    return make


@pytest.mark.parametrize(
    ("lie", "what", "expected"),
    [
        (
            change("metrics", "test", "correct", 0, by=lambda n: n + 1),
            "card",
            ["metrics"],
        ),
        (change("parameters", by=lambda n: n + 1), "card", ["parameters", "91"]),
        (change("tag", by=lambda _: "other"), "card", ["tag", "first", "other"]),
        (
            change("golden", "outputs", 0, 3, 1, by=lambda x: x + 1),
            "golden outputs",
            ["0.001"],
        ),
        (
            change("golden", "outputs", by=lambda heads: heads * 2),
            "golden outputs",
            ["[(16, 3)]", "[(16, 3), (16, 3)]"],
        ),
        (
            change("predictions", by=lambda _: "0" * 64),
            "test split",
            ["predictions", "0" * 64],
        ),
    ],
)
def test_verifier_detects_false_card(toy, registry, lie, what, expected):
    rewrite(registry, card=lie)
    errors = {c.what: str(c.error) for c in verify(toy, registry).checks if c.error}
    assert list(errors) == [what]
    assert all(fact in errors[what] for fact in expected)


@pytest.mark.parametrize(("license", "detected"), [("CC0-1.0", True), ("MIT", False), ("", False)])
def test_verifier_compares_license_of_index_with_card(toy, registry, license, detected):
    (entry,) = Registry("", Folder(registry)).index().tags.values()
    assert entry.license == "MIT"
    index = EMPTY_INDEX.with_tag(replace(entry, license=license), default=True)
    (registry / "index.json").write_bytes(index_json(index))
    errors = [str(error) for error in verify(toy, registry).errors]
    assert errors == ["license: the index has CC0-1.0, the card has MIT"] * detected


def test_verifier_detects_weights_unlike_card(toy, registry):
    def shuffle(tensors):
        return {"head0": tensors["head0"][:, ::-1].copy()}

    rewrite(registry, weights=shuffle)
    errors = {c.what: str(c.error) for c in verify(toy, registry).checks if c.error}
    assert set(errors) == {"golden outputs", "test split"}
    assert "expected 50 of 50 examples correct" in errors["test split"]


def test_verifier_tolerates_rounding_of_golden_outputs(toy, registry):
    rewrite(
        registry,
        card=change("golden", "outputs", 0, 3, by=lambda row: [x * 1.0001 for x in row]),
    )
    assert not verify(toy, registry).errors


def test_reproduce_published_returns_equal_bytes(toy, registry):
    (done,) = reproduce_published(toy, resolve_weights(toy, "softmax.first", str(registry)))
    assert done.same_bytes
    assert done.holds
    assert done.differences == {}
    assert done.verdict() == "equal bytes"


def test_reproduce_published_detects_other_bytes_in_same_environment(toy, registry):
    rewrite(registry, weights=lambda tensors: {"head0": tensors["head0"] + 1})
    (done,) = reproduce_published(toy, resolve_weights(toy, "softmax.first", str(registry)))
    assert not done.holds
    assert done.differences == {}
    assert "different bytes" in done.verdict()


def test_reproduce_published_names_changed_environment(toy, registry):
    rewrite(registry, card=change("environment", "framework", by=lambda _: "toy 0.1"))
    rewrite(registry, weights=lambda tensors: {"head0": tensors["head0"] + 1})
    (done,) = reproduce_published(toy, resolve_weights(toy, "softmax.first", str(registry)))
    assert done.differences == {"framework": ("toy 0.1", "toy")}
    assert done.within is None
    assert "no interval" in done.verdict()


@pytest.mark.parametrize("shift", [0, 1])
def test_reproduce_published_demands_equal_bytes_also_of_other_version(toy, registry, shift):
    older = change("versions", "zoo-core", by=lambda _: "0.0.1")

    def shifted(tensors):
        return {"head0": tensors["head0"] + np.float32(shift)}

    rewrite(registry, card=older, header=older, weights=shifted)
    (done,) = reproduce_published(toy, resolve_weights(toy, "softmax.first", str(registry)))
    assert done.differences == {"zoo-core": ("0.0.1", __version__)}
    assert done.holds == done.same_bytes == (shift == 0)
    assert ("equal bytes, apart from the header" in done.verdict()) == done.holds


@pytest.fixture
def with_interval(toy, tmp_path):
    """Return the published softmax.seeds, with the interval of four seeds."""
    runs = [
        Training.new(
            toy, "softmax", out=tmp_path / f"seed-{seed}", overrides=[{"seed": seed}]
        ).run()
        for seed in range(4)
    ]
    root = tmp_path / "registry"
    others = [run.card for run in runs[1:]]
    return publish_run(toy, runs[0].folder, "softmax.seeds", str(root), others=others)


def test_reproduce_published_compares_other_seeds_with_interval(toy, with_interval, tmp_path):
    results = []
    done = reproduce_published(
        toy, with_interval, seeds=range(2, 5), out=tmp_path / "again", on_result=results.append
    )
    assert results == done
    assert [each.card.recipe.seed for each in done] == [2, 3, 4]
    assert all(each.within for each in done[:2])
    assert not any(each.same_bytes for each in done)
    assert re.search(r"in the published interval \d+\.\d\d–\d+\.\d\d %$", done[0].verdict())
    assert (tmp_path / "again/softmax.seeds-seed-3/card.json").exists()


def test_reproduce_published_names_kept_run_when_stopped(toy, registry, tmp_path):
    class Stop(Callbacks):
        def step_end(self, epoch, step, steps):
            os.kill(os.getpid(), signal.SIGTERM)

    found = resolve_weights(toy, "softmax.first", str(registry))
    with pytest.raises(InterruptedTrainingError, match="--out") as exc:
        reproduce_published(toy, found, callbacks=Stop())
    assert exc.value.exit_code == 128 + signal.SIGTERM
    kept = tmp_path / "again/softmax.first-seed-3"
    with pytest.raises(InterruptedTrainingError, match=f"zoo train --resume {kept}"):
        reproduce_published(toy, found, callbacks=Stop(), out=kept.parent)
    assert (kept / "checkpoints").is_dir()


def test_reproduction_fails_outside_interval(toy, with_interval):
    (done,) = reproduce_published(toy, with_interval, seeds=[5])
    interval = done.published.interval
    narrow = interval.model_copy(update={"low": (0.0,), "high": (0.1,)})
    published = done.published.model_copy(update={"interval": narrow})
    within = is_within(done.card.metrics["test"], narrow)
    other = replace(done, published=published, within=within)
    assert other.within is False
    assert not other.holds
    assert re.search("outside.* 0.00–10.00 %", other.verdict())


def test_reproduce_published_detects_changed_dataset(toy, registry):
    rewrite(registry, card=change("dataset", "sha256", by=lambda _: "0" * 64))
    with pytest.raises(VerificationError, match=rf"\btoy\b.*{'0' * 64}"):
        reproduce_published(toy, resolve_weights(toy, "softmax.first", str(registry)))
