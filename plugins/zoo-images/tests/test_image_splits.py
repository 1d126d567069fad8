"""Splits of folders by each image's own path: other images never move one."""

import hashlib
import io
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from zoo_core import class_targets
from zoo_core.data.splits import training_data
from zoo_core.errors import DataError
from zoo_core.recipes.recipe import Recipe
from zoo_images.folders import folder_source

FILE = io.BytesIO()
Image.fromarray(np.full((2, 2), 9, np.uint8)).save(FILE, "bmp")

NAMES = st.sets(st.sampled_from([f"{kind}/{n}.bmp" for kind in "ab" for n in range(60)]))


def position(key, salt):
    """Return a number from 0 to 1, computed apart from zoo's function."""
    return int(hashlib.sha256(f"{salt}\0{key}".encode()).hexdigest()[:16], 16) / 2**64


def write(root, keys):
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for key in keys:
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(FILE.getvalue())


def splits(root):
    """Return the keys of each split of a training with the default recipe."""
    data = training_data(folder_source.load(str(root)), Recipe(trainer="any", dataset="any"))
    keys = data.train.examples.keys
    return {
        "train": {keys[row] for row in data.train_rows},
        "validation": {keys[row] for row in data.validation_rows},
        "test": set(data.test.examples.keys),
    }


@pytest.fixture
def photos(tmp_path):
    """Return the path of a folder that does not exist."""
    return tmp_path / "photos"


ALWAYS = {
    next(f"{kind}/{n}.bmp" for n in range(100, 999) if of_split(f"{kind}/{n}.bmp"))
    for kind in "ab"
    for of_split in (
        lambda key: position(key, "test") < 0.1,
        lambda key: position(key, "test") > 0.1 > position(key, "validation 0"),
        lambda key: position(key, "test") > 0.1 < position(key, "validation 0"),
    )
}
"""An image of each class in each split, by its hash, that no edit removes.

In a class without one, the image with the smallest hash is held out, which others can move.
"""


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=NAMES, after=NAMES)
def test_edits_of_a_folder_move_no_other_image(photos, before, after):
    found = []
    for keys in (before, after):
        write(photos, keys | ALWAYS)
        found.append(splits(photos))
    of_key = [{key: split for split, keys in each.items() for key in keys} for each in found]
    common = of_key[0].keys() & of_key[1].keys()
    assert [key for key in common if of_key[0][key] != of_key[1][key]] == []
    assert of_key[1].keys() == after | ALWAYS


def test_a_tenth_of_each_class_is_tested_and_validated(photos):
    keys = [f"{kind}/{kind}{n}.bmp" for kind in ("cat", "dog") for n in range(400)]
    write(photos, keys)
    found = splits(photos)
    assert found["test"] == {key for key in keys if position(key, "test") < 0.1}
    for kind in ("cat", "dog"):
        # Within three standard deviations of a binomial distribution.
        assert 22 <= sum(key.startswith(kind) for key in found["test"]) <= 58
        assert 18 <= sum(key.startswith(kind) for key in found["validation"]) <= 54


def test_names_in_both_unicode_forms_are_in_same_split(tmp_path):
    composed = [f"{kind}/é{n}.bmp" for kind in "ab" for n in range(40)]
    write(tmp_path / "composed", composed)
    write(tmp_path / "decomposed", [key.replace("é", "e\u0301") for key in composed])
    first, second = (splits(tmp_path / name) for name in ("composed", "decomposed"))
    assert first == {
        split: {key.replace("e\u0301", "é") for key in keys} for split, keys in second.items()
    }


def groups(root):
    return folder_source.load(str(root)).splits["train"].examples.groups


@pytest.mark.parametrize(
    ("stems", "are_rows"),
    [
        (["0", "1", "2", "3"], True),
        (["00000", "00001", "00002", "00003"], True),
        (["1", "2", "3", "4"], False),
        (["0", "1", "2", "4"], False),
        (["0", "1", "2", "2a"], False),
        (["0", "1", "2", "٣"], False),
    ],
)
def test_numbered_training_images_are_split_by_row_as_arrays_are(photos, stems, are_rows):
    train = [f"train/{'ab'[n % 2]}/{stem}.bmp" for n, stem in enumerate(stems)]
    write(photos, [*train, "test/a/0.bmp"])
    assert groups(photos) == (None if are_rows else tuple(sorted(train, key=natural)))


def natural(key):
    stem = key.rpartition("/")[2][:-4]
    return (int(stem) if stem.isascii() and stem.isdigit() else 2 if stem == "2a" else 99, stem)


def test_number_is_needed_once_and_test_folder_too(photos):
    keys = [f"{kind}/{n}.bmp" for n in range(4) for kind in "ab"]
    write(photos, [*(f"train/{key}" for key in keys), "test/a/0.bmp"])
    assert groups(photos) is not None
    numbered = [f"train/{'ab'[n % 2]}/{n}.bmp" for n in range(40)]
    write(photos, numbered)
    assert set(groups(photos)) <= set(numbered)


@pytest.mark.parametrize(
    ("splits", "rule"),
    [
        (("train", "test"), "Test images are the data set's own."),
        (("train", "val", "test"), "Test images are the data set's own."),
        (("train", "val"), "Test images are the data set's own validation images."),
        (("train",), "A tenth of the images test, by the sha256 of their path."),
    ],
)
def test_rule_of_the_split_is_stated(photos, splits, rule):
    write(photos, [f"{split}/{kind}/{n}.bmp" for split in splits for kind in "ab" for n in (1, 2)])
    for _ in range(2):  # decoded, then from the copy
        assert folder_source.load(str(photos)).facts.split_rule == rule


def test_classes_without_test_images_are_no_error(photos):
    write(photos, [f"{kind}/{n}.bmp" for kind in "abcdefgh" for n in range(3)])
    train, test = (folder_source.load(str(photos)).splits[name] for name in ("train", "test"))
    assert len(set(test.targets[0].tolist())) < 8
    assert len(set(train.targets[0].tolist())) == 8


def test_every_class_of_ten_images_is_tested(photos):
    write(photos, [f"{kind}/{n}.bmp" for kind in "abcdefgh" for n in range(10)])
    test = folder_source.load(str(photos)).splits["test"]
    assert set(test.targets[0].tolist()) == set(range(8))


def test_classes_that_are_numbers_are_in_natural_order(photos):
    write(photos, [f"{n}/{i}.bmp" for n in (10, 9, 1, 2, -1) for i in range(3)])
    assert folder_source.load(str(photos)).targets == class_targets(("-1", "1", "2", "9", "10"))
    write(photos, [f"{name}/{i}.bmp" for name in ("10", "9", "x") for i in range(3)])
    assert folder_source.load(str(photos)).targets == class_targets(("10", "9", "x"))


def test_too_few_images_are_an_error(photos):
    write(photos, ["a/1.bmp", "b/1.bmp"])
    with pytest.raises(DataError, match=r"\bat least 3\b.*\bgot 2\b"):
        folder_source.load(str(photos))
