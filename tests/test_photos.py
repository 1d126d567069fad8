"""Published models on photos of test digits, and on the test digits themselves."""

import io

import numpy as np
import pytest
from PIL import Image

import zoo_core as zoo
from benchmarks.photos import photo
from zoo_core.data.dataset import load_dataset
from zoo_core.data.images.files import read_image
from zoo_core.data.images.processor import reader_for
from zoo_core.installation.installed import installed_catalog

PHOTOS = 100

pytestmark = [
    pytest.mark.torch,
    pytest.mark.requires("zoo-registry", "zoo-mnist", "zoo-cnn", "zoo-mlp", "zoo-two-headed"),
]


@pytest.fixture(scope="module")
def digits():
    return load_dataset(installed_catalog().dataset("mnist")).splits["test"]


@pytest.mark.slow
def test_cnn_best_predicts_photos_of_test_digits(cli, digits, tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(digits))[:PHOTOS]
    for row in rows:
        image = photo(digits.inputs[row, 0], rng)
        Image.fromarray(image).save(tmp_path / f"{row:05}.png")
    answers = cli("predict", "cnn.best", ".", "--json", "--force").json["predictions"]
    right = [a["labels"] == [digits.targets[0][int(a["file"][:5])]] for a in answers]
    assert len(right) == PHOTOS
    assert sum(right) >= 97


@pytest.mark.slow
def test_predict_on_png_files_matches_test_images(cli, digits, tmp_path):
    for row, image in enumerate(digits.inputs[:500, 0]):
        Image.fromarray(image).save(tmp_path / f"{row:05}.png")
    answers = cli("predict", "mlp.default", ".", "--json", "--force").json["predictions"]
    expected = zoo.load("mlp.default").predict(digits.inputs[:500])
    assert [answer["labels"] for answer in answers] == expected.labels.tolist()
    actual = [answer["probabilities"][0] for answer in answers]
    assert actual == pytest.approx(expected.probabilities[0].max(axis=1).tolist(), abs=1e-6)


def test_two_headed_cnn_predicts_photos_of_two_digits():
    split = load_dataset(installed_catalog().dataset("two-digit-mnist")).splits["test"]
    reader = reader_for(installed_catalog(), "two-digit-mnist", (1, 42, 28))
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(split))[:PHOTOS]
    photos = [photo(split.inputs[row, 0], rng) for row in rows]
    read = zoo.load("two-headed-cnn.best").predict(
        np.stack([reader(p[None]).found[0].image for p in photos])
    )
    assert (read.labels == np.stack(split.select_targets(rows), axis=1)).mean() >= 0.97


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_reader_returns_same_image_for_every_file_format(digits, kind):
    reader = reader_for(installed_catalog(), "mnist", (1, 28, 28))
    for image in digits.inputs[:20]:
        file = io.BytesIO()
        Image.fromarray(image[0]).save(file, kind)
        (found,) = reader(read_image(io.BytesIO(file.getvalue()), 1)).found
        assert (found.image == image).all()
