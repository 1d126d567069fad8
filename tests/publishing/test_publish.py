"""Publishing adds a verified run in one step, and never replaces a tag."""

import dataclasses
import json
import math
import os
import re
import shutil

import pytest

from zoo_core.data.normalization import Normalization
from zoo_core.errors import DataError, InvalidValueError, VerificationError
from zoo_core.plugins.data_specs import InputSpec
from zoo_core.pretrained.verified_read import published_card
from zoo_core.publishing.golden import probe_inputs
from zoo_core.publishing.publish import publish_run
from zoo_core.publishing.seed_interval import is_within, make_interval, student_t
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import resolve_weights
from zoo_core.registry.registry import Registry
from zoo_core.training.training import Training
from zoo_core.weights.card import read_card


def index_of(root):
    return Registry("", Folder(root)).index()


def test_publish_run_writes_index_card_and_files(toy, run, registry):
    (entry,) = index_of(registry).tags.values()
    assert (entry.name, entry.plugin, entry.recipe) == ("softmax.first", "zoo-toy", "default")
    assert entry.sha256 == run.card.weights.sha256
    assert entry.accuracy == run.card.metrics["test"]["accuracy"]
    assert set(os.listdir(registry)) == {"index.json", "softmax", ".lock"}
    files = {"model.safetensors", "card.json", "card.md", "metrics.jsonl"}
    assert set(os.listdir(registry / "softmax" / "first")) == files
    card = published_card(resolve_weights(toy, "softmax.first", str(registry)))
    assert card.metrics == run.card.metrics
    assert card.command == "zoo train softmax --seed 3"
    assert len(card.golden.outputs[0]) == 16


def test_card_page_shows_commands_scores_recipe_and_pictures(toy, run, tmp_path):
    for name in ("curves.png", "confusion.png"):
        (run.folder / name).write_bytes(b"a picture")
    publish_run(toy, run.folder, "softmax.shown", str(tmp_path / "registry"))
    page = (tmp_path / "registry/softmax/shown/card.md").read_text()
    for text in (
        "# softmax.shown",
        "| test | 1 |",
        "zoo verify softmax.shown",
        "zoo reproduce softmax.shown",
        "zoo train softmax --seed 3",
        "![Learning curves](curves.png)",
        "![Confusion matrix](confusion.png)",
        "- License: MIT",
        '"epochs": 5',
    ):
        assert text in page
    assert (tmp_path / "registry/softmax/shown/curves.png").read_bytes() == b"a picture"


def test_card_command_includes_changed_recipe_values(toy, tmp_path):
    changed = {"epochs": 4, "lr": 0.25, "model": {"scale": 0.5}}
    run = Training.new(
        toy, "softmax", out=tmp_path / "changed", overrides=[changed], threads=None
    ).run()
    found = publish_run(toy, run.folder, "softmax.changed", str(tmp_path / "registry"))
    command = published_card(found).command
    assert command == (
        "zoo train softmax --seed 0 --epochs 4 --set lr=0.25 --set 'model={\"scale\": 0.5}'"
    )


def test_publish_run_refuses_existing_tag(toy, run, registry):
    before = {path: path.read_bytes() for path in registry.rglob("*") if path.is_file()}
    with pytest.raises(InvalidValueError, match=r"softmax\.first.*\bpublished\b"):
        publish_run(toy, run.folder, "softmax.first", str(registry))
    assert {path: path.read_bytes() for path in registry.rglob("*") if path.is_file()} == before


def test_publish_run_refuses_folder_missing_from_index(toy, run, registry):
    mine = registry / "softmax" / "second"
    mine.mkdir()
    (mine / "notes").touch()
    with pytest.raises(InvalidValueError, match=rf"{re.escape(str(mine))}.*\bindex\b"):
        publish_run(toy, run.folder, "softmax.second", str(registry))
    assert (mine / "notes").exists()


def test_publish_run_keeps_first_tag_as_default_unless_overridden(toy, run, registry):
    publish_run(toy, run.folder, "softmax.second", str(registry))
    assert index_of(registry).defaults == {"softmax": "first"}
    publish_run(toy, run.folder, "softmax.third", str(registry), default=True)
    assert index_of(registry).defaults == {"softmax": "third"}
    assert len(index_of(registry).tags) == 3


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("softmax", "expected MODEL.TAG"),
        ("softmax.", "expected MODEL.TAG"),
        ("softmax...", "expected MODEL.TAG"),
        ("softmax.a/../../b", "expected MODEL.TAG"),
        ("zoo/softmax.a", r"'zoo/softmax\.a'.*--as softmax\.a"),
        ("zoo/zoo/softmax.a", "expected MODEL.TAG"),
        ("softmax-pairs.a", r"--as: expected softmax\.TAG,.*'softmax-pairs\.a'.*--as softmax\.a"),
    ],
)
def test_publish_run_refuses_invalid_tag_name(toy, run, tmp_path, name, pattern):
    with pytest.raises(InvalidValueError, match=pattern):
        publish_run(toy, run.folder, name, str(tmp_path / "registry"))
    assert not (tmp_path / "registry").exists()


def test_publish_run_refuses_control_character_in_recipe_name(toy, run, registry):
    path = run.folder / "card.json"
    path.write_text(
        path.read_text().replace('"recipe_name": "default"', '"recipe_name": "a\\u001b"')
    )
    before = (registry / "index.json").read_bytes()
    with pytest.raises(VerificationError, match=r"invalid recipe of softmax\.b"):
        publish_run(toy, run.folder, "softmax.b", str(registry))
    assert (registry / "index.json").read_bytes() == before
    assert not (registry / "softmax/b").exists()


def test_publish_run_refuses_registry_url(toy, run):
    with pytest.raises(InvalidValueError, match=r"folder.*https://example\.org/registry"):
        publish_run(toy, run.folder, "softmax.a", "https://example.org/registry")


def test_publish_run_refuses_unfinished_run(toy, run, tmp_path):
    (run.folder / "card.json").unlink()
    with pytest.raises(DataError, match=r"it lacks card\.json"):
        publish_run(toy, run.folder, "softmax.a", str(tmp_path / "registry"))


def test_publish_run_refuses_card_with_wrong_score(toy, run, tmp_path):
    path = run.folder / "card.json"
    card = json.loads(path.read_text())
    correct = card["metrics"]["test"]["correct"][0]
    card["metrics"]["test"]["correct"][0] += 1
    path.write_text(json.dumps(card))
    with pytest.raises(VerificationError, match=rf"expected {correct + 1} of .*got {correct} of "):
        publish_run(toy, run.folder, "softmax.a", str(tmp_path / "registry"))
    assert not (tmp_path / "registry").exists()


def test_publish_run_ignores_symlinked_picture(toy, run, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (run.folder / "curves.png").symlink_to(tmp_path / "secret")
    publish_run(toy, run.folder, "softmax.a", str(tmp_path / "registry"))
    assert not (tmp_path / "registry/softmax/a/curves.png").exists()


def test_publish_run_refuses_symlink_out_of_registry(toy, run, registry, tmp_path):
    shutil.move(registry / "softmax", tmp_path / "elsewhere")
    (registry / "softmax").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(VerificationError, match=re.escape(str(tmp_path / "elsewhere"))):
        publish_run(toy, run.folder, "softmax.b", str(registry))
    assert os.listdir(tmp_path / "elsewhere") == ["first"]


@dataclasses.dataclass
class Other:
    model: str
    recipe: object
    metrics: dict


def with_accuracy(scores, accuracy):
    return dataclasses.replace(scores, metrics={**scores.metrics, "accuracy": (accuracy,)})


def others(card, accuracies):
    test = card.metrics["test"]
    return [
        Other(
            card.model,
            card.recipe.model_copy(update={"seed": seed}),
            {"test": with_accuracy(test, accuracy)},
        )
        for seed, accuracy in enumerate(accuracies)
    ]


def test_make_interval_computes_bounds_from_several_seeds(run):
    card = read_card(run.folder / "card.json")
    one, *rest = others(card, [0.90, 0.91, 0.92, 0.93, 0.94])
    interval = make_interval(one, rest)
    assert interval.seeds == (0, 1, 2, 3, 4)
    assert interval.mean == (0.92,)
    assert interval.sd == pytest.approx((0.015811,), abs=1e-6)
    # mean ± 2.776 · sd · √1.2, with Student's t of four degrees of freedom
    assert (interval.low[0], interval.high[0]) == pytest.approx((0.871919, 0.968081), abs=2e-6)
    scores = card.metrics["test"]
    assert is_within(with_accuracy(scores, 0.872), interval)
    assert not is_within(with_accuracy(scores, 0.8719), interval)
    assert not is_within(with_accuracy(scores, 0.9681), interval)


# As in statistical tables: https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm
@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (2, 4.303),
        (3, 3.182),
        (4, 2.776),
        (9, 2.262),
        (10, 2.228),
        (11, 2.201),
        (20, 2.086),
        (29, 2.045),
        (100, 1.984),
        (10_000, 1.960),
    ],
)
def test_student_t_matches_statistical_tables(degrees, expected):
    assert student_t(degrees) == expected


def test_make_interval_uses_degrees_of_freedom_of_many_seeds(run):
    card = read_card(run.folder / "card.json")
    one, *rest = others(card, [0.5 + 0.01 * seed for seed in range(21)])
    interval = make_interval(one, rest)
    width = 2.086 * interval.sd[0] * math.sqrt(1 + 1 / 21)
    assert interval.high[0] == pytest.approx(interval.mean[0] + width, abs=2e-6)


def test_make_interval_refuses_two_trainings(run):
    one, other = others(read_card(run.folder / "card.json"), [0.9, 0.91])
    for each in ([other], [other, other], [one]):
        with pytest.raises(InvalidValueError, match="--seed-run: expected at least 2 runs"):
            make_interval(one, each)


def test_make_interval_refuses_different_recipes(run):
    one, other, odd = others(read_card(run.folder / "card.json"), [0.9, 0.91, 0.92])
    odd.recipe = odd.recipe.model_copy(update={"lr": 9.0})
    with pytest.raises(InvalidValueError, match=r"softmax\b.*\bseed 2\b"):
        make_interval(one, [other, odd])


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 5, 7), (1, 42, 28)])
def test_probe_inputs_are_deterministic(shape):
    images = probe_inputs(InputSpec(shape=shape), Normalization((), ()))
    assert images.shape == (16, *shape)
    assert images.dtype == "uint8"
    assert (images == probe_inputs(InputSpec(shape=shape), Normalization((), ()))).all()
    assert images.min() < 20
    assert images.max() > 235
