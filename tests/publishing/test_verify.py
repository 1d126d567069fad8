"""What `zoo verify` and `zoo reproduce` find, and what they say of it."""

import hashlib
import json
import os
import signal
from dataclasses import replace

import pytest

from zoo_core.errors import InterruptedTrainingError, VerificationError
from zoo_core.frameworks.run import Callbacks
from zoo_core.publishing.publish import publish_run
from zoo_core.publishing.reproduce import reproduce_published
from zoo_core.publishing.verify import Verifier
from zoo_core.registry.index import EMPTY_INDEX, index_json
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import resolve_weights
from zoo_core.registry.registry import Registry
from zoo_core.training.training import Training
from zoo_core.weights.file import load_weights, save_weights


def verify(toy, registry, name="softmax.first"):
    return Verifier(toy).verify(resolve_weights(toy, name, str(registry)))


def test_what_is_published_holds(toy, registry):
    verification = verify(toy, registry)
    names = ["file", "card", "model", "golden forward", "test split"]
    assert [check.what for check in verification.checks] == names
    assert not verification.errors
    found = {check.what: check.found for check in verification.checks}
    assert "bytes, sha256 in" in found["file"]
    assert "1 tensors, 90 parameters" in found["model"]
    assert "of 50 correct, the same labels" in found["test split"]


def test_a_changed_file_is_the_last_thing_that_is_checked(toy, registry):
    path = registry / "softmax/first/model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    (check,) = verify(toy, registry).checks
    assert isinstance(check.error, VerificationError)


def rewrite(registry, *, card=None, weights=None):
    """Change what a registry has published, its index with it, as a liar would."""
    location = Folder(registry)
    (entry,) = Registry("", location).index().tags.values()
    folder = registry / "softmax" / "first"
    facts = json.loads((folder / "card.json").read_text())
    if weights:
        path = folder / "model.safetensors"
        file = load_weights(path)
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
    ("lie", "what", "said"),
    [
        (
            change("metrics", "test", "correct", 0, by=lambda n: n + 1),
            "card",
            "metrics of the card is",
        ),
        (change("parameters", by=lambda n: n + 1), "card", "parameters of the card is 91"),
        (change("tag", by=lambda _: "other"), "card", "tag is first in the index, other on the"),
        (
            change("golden", "logits", 0, 3, 1, by=lambda x: x + 1),
            "golden forward",
            "of the largest logit, 0.001 is allowed",
        ),
        (
            change("golden", "logits", by=lambda heads: heads * 2),
            "golden forward",
            "gives logits",
        ),
        (
            change("predictions", by=lambda _: "0" * 64),
            "test split",
            "not the same labels are read",
        ),
    ],
)
def test_a_card_that_lies_is_found_out(toy, registry, lie, what, said):
    rewrite(registry, card=lie)
    errors = {c.what: str(c.error) for c in verify(toy, registry).checks if c.error}
    assert list(errors) == [what]
    assert said in errors[what]


def test_other_weights_under_the_same_card_are_found_out(toy, registry):
    def shuffle(tensors):
        return {"head0": tensors["head0"][:, ::-1].copy()}

    rewrite(registry, weights=shuffle)
    errors = {c.what: str(c.error) for c in verify(toy, registry).checks if c.error}
    assert set(errors) == {"golden forward", "test split"}
    assert "of the 50 test images it reads" in errors["test split"]


def test_a_hair_of_another_sum_is_allowed(toy, registry):
    rewrite(
        registry,
        card=change("golden", "logits", 0, 3, by=lambda row: [x * 1.0001 for x in row]),
    )
    assert not verify(toy, registry).errors


def test_the_published_bytes_are_made_again(toy, registry):
    (done,) = reproduce_published(toy, resolve_weights(toy, "softmax.first", str(registry)))
    assert done.same_bytes
    assert done.holds
    assert done.differences == {}
    assert done.verdict() == "equal bytes"


def test_other_bytes_in_the_same_environment_are_found_out(toy, registry):
    rewrite(registry, weights=lambda tensors: {"head0": tensors["head0"] + 1})
    (done,) = reproduce_published(toy, resolve_weights(toy, "softmax.first", str(registry)))
    assert not done.holds
    assert done.verdict().startswith("other bytes in the published environment")


def test_another_environment_is_named(toy, registry):
    rewrite(registry, card=change("environment", "framework", by=lambda _: "toy 0.1"))
    rewrite(registry, weights=lambda tensors: {"head0": tensors["head0"] + 1})
    (done,) = reproduce_published(toy, resolve_weights(toy, "softmax.first", str(registry)))
    assert done.differences == {"framework": ("toy 0.1", "toy")}
    assert "no interval is published" in done.verdict()


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


def test_other_seeds_are_held_to_the_interval(toy, with_interval, tmp_path):
    told = []
    done = reproduce_published(
        toy, with_interval, seeds=range(2, 5), out=tmp_path / "again", tell=told.append
    )
    assert told == done
    assert [each.card.recipe.seed for each in done] == [2, 3, 4]
    assert all(each.within for each in done[:2])
    assert not any(each.same_bytes for each in done)
    assert "the published interval" in done[0].verdict()
    assert (tmp_path / "again/softmax.seeds-seed-3/card.json").exists()


def test_a_stopped_reproduction_says_what_is_kept(toy, registry, tmp_path):
    class Stop(Callbacks):
        def step_end(self, epoch, step, steps):
            os.kill(os.getpid(), signal.SIGTERM)

    found = resolve_weights(toy, "softmax.first", str(registry))
    with pytest.raises(InterruptedTrainingError, match=r"nothing is kept .*--out") as exc:
        reproduce_published(toy, found, callbacks=Stop())
    assert exc.value.exit_code == 128 + signal.SIGTERM
    kept = tmp_path / "again/softmax.first-seed-3"
    with pytest.raises(InterruptedTrainingError, match=f"zoo train --resume {kept}"):
        reproduce_published(toy, found, callbacks=Stop(), out=kept.parent)
    assert (kept / "checkpoints").is_dir()


def test_a_result_outside_the_interval_does_not_hold(toy, with_interval):
    (done,) = reproduce_published(toy, with_interval, seeds=[5])
    interval = done.published.interval
    narrow = interval.model_copy(update={"low": (0.0,), "high": (0.1,)})
    published = done.published.model_copy(update={"interval": narrow})
    from zoo_core.publishing.reproduce import _compare

    other = _compare(published, done.card)
    assert other.within is False
    assert not other.holds
    assert "outside the published interval 0.00–10.00 %" in other.verdict()


def test_another_data_set_is_found_out(toy, registry):
    rewrite(registry, card=change("dataset", "sha256", by=lambda _: "0" * 64))
    with pytest.raises(VerificationError, match="the card is about toy with the sha256 0000"):
        reproduce_published(toy, resolve_weights(toy, "softmax.first", str(registry)))
