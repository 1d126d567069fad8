"""Training on a folder of images, up to publication; the weights are those from arrays."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from zoo_core.system.paths import zoo_home
from zoo_core.weights.card import read_card
from zoo_mnist import mnist

SIZES = {"train": 8_000, "test": 2_000}

ARRAYS = f"""
from zoo_core import DatasetSpec, InputSpec, class_targets, hookimpl

@hookimpl
def zoo_datasets():
    return [
        DatasetSpec(name="digits", summary="The first of MNIST.", loader="zoo_digits.plugin:load",
            input=InputSpec(shape=(1, 28, 28)), targets=class_targets(10),
            sizes={SIZES}, sha256="", license="CC-BY-SA-3.0",
            source="MNIST")
    ]

def load():
    from zoo_core.data.dataset import ArrayDataset, Split
    from zoo_core.data.disk_store import pixel_statistics
    from zoo_mnist import mnist

    whole = mnist.load()
    splits = {{
        name: Split(whole.splits[name].inputs[:size], (whole.splits[name].targets[0][:size],))
        for name, size in {SIZES}.items()
    }}
    return ArrayDataset(splits, whole.targets, *pixel_statistics(splits["train"].inputs))
"""


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Return a folder of 10,000 PNGs, the first digits of MNIST, numbered in its order."""
    root = tmp_path_factory.mktemp("digits")
    for name, size in SIZES.items():
        split = mnist.load().splits[name]
        for digit in mnist.DIGITS:
            (root / name / digit).mkdir(parents=True)
        for row in range(size):
            path = root / name / str(split.targets[0][row]) / f"{row}.png"
            Image.fromarray(split.inputs[row, 0]).save(path, compress_level=1)
    return root


@pytest.mark.slow
def test_folder_dataset_trains_same_weights_as_arrays(cli, site, write_plugin, digits, tmp_path):
    write_plugin(site, "zoo-digits", ARRAYS)
    for dataset in ("digits", f"folder:{digits}"):
        out = tmp_path / dataset.partition(":")[0]
        options = ("--dataset", dataset, "--epochs", 1, "--threads", 1, "--out", out)
        done = cli("train", "cnn", *options, site=site)
        assert done.code == 0, done.err
    arrays, folder = (read_card(tmp_path / name / "card.json") for name in ("digits", "folder"))
    assert folder.dataset.sha256 == arrays.dataset.sha256
    assert folder.metrics == arrays.metrics
    expected = load_file(tmp_path / "digits" / "model.safetensors")
    actual = load_file(tmp_path / "folder" / "model.safetensors")
    assert actual.keys() == expected.keys()
    assert all(np.array_equal(actual[name], weight) for name, weight in expected.items())
    assert folder.metrics["test"]["accuracy"][0] > 0.9


@pytest.fixture
def photos(tmp_path):
    """Write the folder photos: 60 dark and 60 light images of several sizes."""
    rng = np.random.default_rng(0)
    for name, low in (("dark", 0), ("light", 150)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for n in range(60):
            pixels = rng.integers(low, low + 100, (10 + n % 3, 12, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{n}.png")


def test_folder_dataset_trains_publishes_and_verifies_weights(cli, photos, tmp_path):
    photos = "folder:photos?size=8"
    options = ("--dataset", photos, "--epochs", 3, "--set", "batch_size=16", "--out", "run")
    assert cli("train", "numpy-net", *options).code == 0
    scores = cli("evaluate", "run", "--json").json
    assert (scores["dataset"], scores["metrics"]["test"]["accuracy"]) == (photos, [1.0])
    read = cli(
        "predict", "run", "photos/light/1.png", "photos/dark/2.png", "--json", "--force"
    ).json
    assert [each["labels"] for each in read["predictions"]] == [[1], [0]]
    there = ("--registry", "registry")
    assert cli("publish", "run", "--as", "numpy-net.photos", *there).code == 0
    assert cli("verify", "numpy-net.photos", *there).code == 0

    (tmp_path / "photos/dark/0.png").unlink()
    changed = cli("verify", "numpy-net.photos", *there)
    assert changed.code == 5
    assert photos in changed.out + changed.err
    assert read_card(tmp_path / "run/card.json").dataset.sha256 in changed.out + changed.err


@pytest.mark.slow
def test_decoding_shows_progress_only_on_terminal(cli, in_terminal, digits, tmp_path):
    code, shown = in_terminal("info", f"folder:{digits}")
    assert code == 0
    assert "Reading images" in shown
    assert "10,000/10,000" in shown
    elsewhere = {"ZOO_HOME": str(tmp_path / "other-home")}
    assert cli("info", f"folder:{digits}", env=elsewhere).err == ""


def test_interrupted_decoding_leaves_no_copy(spawn, digits):
    process = spawn(
        *("-m", "zoo_core", "info", f"folder:{digits}"),
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    copies = Path(zoo_home(), "datasets")
    deadline = time.monotonic() + 600
    while not (copies.is_dir() and os.listdir(copies)) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=600)
    assert (process.returncode, "Traceback" in err) == (130, False), err
    assert not os.listdir(copies)
