"""A resumed training uses the data of its start, or is refused with the changes."""

import json
import os
import shutil
from pathlib import Path

import pytest

SOURCE = """
import hashlib
import json
from pathlib import Path

import numpy as np

from zoo_core import DatasetSpec, InputSpec, SourceSpec, Split, class_targets, hookimpl
from zoo_core.data.reading_facts import (ReadingFacts)
from zoo_core.data.examples import Examples, held_out_rows
from zoo_core.data.disk_store import DatasetContent, load_or_create
from zoo_core.errors import DataError

@hookimpl
def zoo_sources():
    return [SourceSpec(name="pixels", summary="A JSON file of gray levels.",
                       describe="zoo_pixels.plugin:describe", address="FILE")]

def describe(address):
    dataset = load(address)
    return DatasetSpec(
        name=f"pixels:{address}", summary="Pixels.", loader="zoo_pixels.plugin:load",
        input=InputSpec(shape=(1, 6, 5)), targets=class_targets(dataset.targets[0].size),
        sizes={name: len(split) for name, split in dataset.splits.items()},
        sha256=dataset.sha256(), license="CC0-1.0", source="made up", address=address,
        place=str(Path(address).absolute()),
    )

def load(address):
    try:
        content = Path(address).read_bytes()
    except OSError as exc:
        raise DataError(f"there is no file {address}") from exc
    return load_or_create("pixels", hashlib.sha256(content).hexdigest()[:16],
                          lambda: parse(json.loads(content)))

def parse(levels):
    keys = sorted(levels)
    classes = sorted({key.split("/")[0] for key in keys})
    tested = held_out_rows(keys, 0.2, "test")
    def split(is_test):
        some = [key for key, t in zip(keys, tested) if t == is_test]
        images = np.stack([np.full((1, 6, 5), levels[key], np.uint8) for key in some])
        labels = np.array([classes.index(key.split("/")[0]) for key in some], np.int64)
        return [Split(images, (labels,), examples=Examples(tuple(some), tuple(some)))]
    splits = {"train": split(False), "test": split(True)}
    return DatasetContent(splits, InputSpec(shape=(1, 6, 5)), class_targets(classes),
                          lambda: ReadingFacts(split_rule="A fifth tests."))
"""


def write(path, levels):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(levels))


def levels(number=60):
    return {f"{('dark', 'light')[n % 2]}/{n}": 100 * (n % 2) + n for n in range(number)}


@pytest.fixture
def zoo(cli, site, write_plugin):
    """Return a function that runs `zoo` where a plugin offers the source `pixels`."""
    write_plugin(site, "zoo-pixels", SOURCE)
    return lambda *arguments, **options: cli(*arguments, site=site, **options)


@pytest.fixture
def stopped(zoo, tmp_path):
    """Train on pixels:levels.json, and remove the results, as if the training had been stopped."""
    write(tmp_path / "levels.json", levels())
    options = ("--dataset", "pixels:levels.json", "--set", "batch_size=8", "--out", "run")
    done = zoo("train", "softmax", *options)
    assert done.code == 0, done.err
    for file in ("card.json", "card.md", "model.safetensors"):
        (tmp_path / "run" / file).unlink()
    return tmp_path / "levels.json"


def test_card_and_config_state_examples_and_place(zoo, stopped, tmp_path):
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["data"]["place"] == str(stopped)
    assert zoo("train", "--resume", "run").code == 0
    facts = json.loads((tmp_path / "run/card.json").read_text())["dataset"]
    assert facts["sha256"] == config["data"]["sha256"]
    assert facts["examples"]["rule"].startswith("A fifth tests. A share of 0.1 of the training ex")
    rows = (tmp_path / "run/examples.csv").read_text().splitlines()
    assert rows[0] == "split,example,class,pixels"
    assert len(rows) == 61


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: {**found, "dark/new": 3}, "1 example added (dark/new)"),
        (lambda found: dict(list(found.items())[1:]), "1 example removed (dark/0)"),
        (lambda found: {**found, "dark/0": 7}, "1 example with another content (dark/0)"),
        (
            lambda found: {**found, "night/0": 7, "night/2": 9},
            "2 examples added (night/0, night/2)",
        ),
        (
            lambda found: {key.replace("dark", "gray"): value for key, value in found.items()},
            "30 examples added (gray/0, gray/10, …), 30 examples removed (dark/0, dark/10, …)",
        ),
    ],
)
def test_resume_with_changed_data_is_refused(zoo, stopped, change, words):
    write(stopped, change(levels()))
    done = zoo("train", "--resume", "run")
    assert (done.code, done.out) == (5, "")
    assert words in done.err
    write(stopped, levels())
    assert zoo("train", "--resume", "run").code == 0


def test_resume_in_another_folder_uses_the_same_file(zoo, stopped, tmp_path):
    # A file of the same name is in the new working directory.
    write(tmp_path / "elsewhere/levels.json", {**levels(), "dark/new": 3})
    done = zoo("train", "--resume", tmp_path / "run", cwd=tmp_path / "elsewhere")
    assert done.code == 0, done.err
    card = json.loads((tmp_path / "run/card.json").read_text())
    assert card["dataset"]["name"] == "pixels:levels.json"


def test_resume_of_a_project_that_was_moved_uses_its_file(zoo, stopped, tmp_path):
    (tmp_path / "moved").mkdir()
    for name in ("levels.json", "run"):
        shutil.move(tmp_path / name, tmp_path / "moved" / name)
    assert zoo("train", "--resume", "run", cwd=tmp_path / "moved").code == 0


def test_resume_without_the_file_uses_its_copy(zoo, stopped):
    stopped.unlink()
    done = zoo("train", "--resume", "run")
    assert done.code == 0, done.err
    assert "there is no file" in done.err
    assert "its copy in" in done.err


def test_resume_without_file_and_copy_is_refused(zoo, stopped):
    stopped.unlink()
    shutil.rmtree(Path(os.environ["ZOO_HOME"], "datasets"))
    done = zoo("train", "--resume", "run")
    assert (done.code, "Traceback" in done.err) == (1, False)
    assert "there is no file levels.json" in done.err


def test_batch_larger_than_training_split_leaves_no_folder(zoo, tmp_path):
    write(tmp_path / "levels.json", levels(20))
    options = ("--dataset", "pixels:levels.json", "--out", "run")
    done = zoo("train", "softmax", *options, "--set", "batch_size=15")
    assert done.code == 2
    assert "--set batch_size=" in done.err
    assert not (tmp_path / "run").exists()


def test_published_weights_keep_the_list_of_examples(zoo, stopped, tmp_path):
    assert zoo("train", "--resume", "run").code == 0
    done = zoo("publish", "run", "--as", "softmax.levels", "--registry", "registry")
    assert done.code == 0, done.err
    published = tmp_path / "registry/softmax/levels/examples.csv"
    assert published.read_bytes() == (tmp_path / "run/examples.csv").read_bytes()
    (tmp_path / "run/examples.csv").write_bytes(published.read_bytes() + b"test,x,dark,00\n")
    done = zoo("publish", "run", "--as", "softmax.other", "--registry", "registry")
    assert done.code == 5
    assert "examples.csv" in done.err


def test_interval_of_trainings_on_different_data_is_refused(zoo, tmp_path):
    for seed in range(3):
        write(tmp_path / "levels.json", levels(60 + seed))
        options = ("--dataset", "pixels:levels.json", "--out", f"run{seed}", "--seed", seed)
        done = zoo("train", "softmax", *options, "--set", "batch_size=8")
        assert done.code == 0, done.err
    runs = ("--seed-run", "run0", "--seed-run", "run1")
    done = zoo("publish", "run2", "--as", "softmax.levels", "--registry", "registry", *runs)
    assert done.code == 2
    assert "the run with seed 0 was trained on other data" in done.err
