"""Published models on photos of test digits, and on the test digits themselves."""

import io

import numpy as np
import pytest
from PIL import Image

import zoo_core as zoo
from benchmarks import pages
from benchmarks.labelled_photos import answers, print_answers
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


LEAST = {"corner shadow": 0.7, "desk": 0.85}
"""Minimum share of right answers on pages that remain difficult; 0.95 for the others."""


@pytest.mark.parametrize("kind", [*pages.CHANGES, "small"])
def test_cnn_best_predicts_pages_of_training_digits(kind):
    split = load_dataset(installed_catalog().dataset("mnist")).splits["train"]
    reader = reader_for(installed_catalog(), "mnist", (1, 28, 28))
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(split))[:40]
    images = []
    for row in rows:
        page = pages.single_page(kind, split.inputs[row, 0], rng)
        reading = reader(page.render(rng)[None])
        images.append(reading.found[0].image if reading.found else np.zeros((1, 28, 28), np.uint8))
    labels = zoo.load("cnn.best").predict(np.stack(images)).labels[:, 0]
    assert (labels == split.targets[0][rows]).mean() >= LEAST.get(kind, 0.95)


@pytest.mark.parametrize("kind", ["plain", "soft shadow", "table", "ruled", "glare"])
def test_reader_finds_numbers_and_their_digits(kind):
    split = load_dataset(installed_catalog().dataset("mnist")).splits["train"]
    reader = reader_for(installed_catalog(), "mnist-numbers", (1, 32, 320))
    rng = np.random.default_rng(0)
    right = 0
    for _ in range(10):
        numbers = [split.inputs[rng.integers(0, len(split), size), 0] for size in (5, 3, 7)]
        page = pages.text(numbers, rng, columns=2)
        pages.CHANGES[kind](page, rng)
        found = reader(page.render(rng)[None]).found
        right += [len(each.boxes) for each in found] == [5, 3, 7]
        if kind == "plain":
            boxes = [box for each in found for box in each.boxes]
            distances = np.abs(np.subtract(boxes, page.boxes)).max(axis=1)
            assert np.median(distances) <= 4
    assert right >= 6  # touching digits share a box


def test_answers_for_a_folder_of_labelled_photos(digits, tmp_path, capsys):
    rng = np.random.default_rng(0)
    lines = ["file,label,kind"]
    for row in range(4):
        image = photo(digits.inputs[row, 0], rng)
        Image.fromarray(image).save(tmp_path / f"{row}.png")
        lines.append(f"{row}.png,{digits.targets[0][row]},plain")
    Image.new("L", (100, 100), 200).save(tmp_path / "blank.png")
    (tmp_path / "labels.csv").write_text("\n".join([*lines, "blank.png,,none"]))
    results = list(answers(zoo.load("cnn.best"), tmp_path))
    assert [(each.right, each.doubt) for each in results[:4]] == [(True, "")] * 4
    assert (results[4].answer, results[4].doubt) == ("", "no writing found")
    print_answers(results, wrong=True)
    shown = capsys.readouterr().out.split("\n")
    assert " ".join(shown[-2].split()) == "all single digits 4 of 4 right, 0 refused"
