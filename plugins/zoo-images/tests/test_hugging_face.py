"""Data sets that the library of Hugging Face loads from folders."""

import re
import sys

import numpy as np
import pytest
from PIL import Image

from zoo_images import cached_dataset, hugging_face

datasets = pytest.importorskip("datasets")

from zoo_core.errors import DataError, InvalidValueError, PluginError  # noqa: E402

PIXELS = np.arange(48, dtype=np.uint8).reshape(6, 8)
CLASS = datasets.ClassLabel(names=["cat", "dog"])
TEXT, NUMBER = datasets.Value("string"), datasets.Value("int64")


def images(size, shift=0):
    return [Image.fromarray(PIXELS + row + shift) for row in range(size)]


def table(labels, feature=CLASS, **others):
    """Return images, with a column of labels and others: name -> (values, feature)."""
    columns = {"image": (images(len(labels)), datasets.Image()), "label": (labels, feature)}
    columns |= others
    return datasets.Dataset.from_dict(
        {name: values for name, (values, _) in columns.items()},
        features=datasets.Features({name: feature for name, (_, feature) in columns.items()}),
    )


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that writes splits as parquet files into the folder `pets`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))

    def write_splits(readme="", **splits):
        (tmp_path / "pets").mkdir(exist_ok=True)
        if readme:
            (tmp_path / "pets" / "README.md").write_text(readme)
        for name, split in splits.items():
            split.to_parquet(tmp_path / "pets" / f"{name}-00000-of-00001.parquet")
        return tmp_path / "pets"

    return write_splits


def first_pixels(split):
    return split.images[:, 0, 0, 0].tolist()


def test_images_and_labels_are_found_by_what_they_are(write):
    folder = write(
        readme="---\nlicense: cc-by-4.0\n---\n",
        train=table([0, 1, 1, 0], picture_id=(list("abcd"), TEXT)),
        validation=table([1, 0]),
        test=table([1]),
    )
    spec, dataset = hugging_face.describe("./pets"), hugging_face.load("./pets")
    assert (spec.name, spec.shape, spec.classes) == ("hf:./pets", (1, 6, 8), (2,))
    assert spec.sizes == {"train": 4, "validation": 2, "test": 1}
    assert spec.sha256 == dataset.sha256()
    assert (spec.license, spec.source) == ("CC-BY-4.0", f"the folder {folder}")
    assert dataset.classes == (("cat", "dog"),)
    assert dataset.splits["train"].labels[:, 0].tolist() == [0, 1, 1, 0]
    assert np.array_equal(dataset.splits["train"].images[3, 0], PIXELS + 3)


@pytest.mark.parametrize(
    ("readme", "license"),
    [
        ("", "LicenseRef-unknown"),
        ("---\nlicense: other\n---\n", "LicenseRef-unknown"),
        ("---\nlicense: [mit, apache-2.0]\n---\n", "MIT AND Apache-2.0"),
        ("---\npretty_name: Pets\n---\n", "LicenseRef-unknown"),
    ],
)
def test_a_license_that_spdx_does_not_know_is_unknown(write, readme, license):
    write(readme, train=table([0, 1, 0, 1]))
    assert hugging_face.describe("./pets").license == license


@pytest.mark.parametrize(
    ("labels", "feature", "classes", "expected"),
    [
        (
            ["dog", "cat", "ox", "cat"],
            datasets.Value("large_string"),
            ("cat", "dog", "ox"),
            [1, 0, 2, 0],
        ),
        ([10, 9, -1, 9], NUMBER, ("-1", "9", "10"), [2, 1, 0, 1]),
        ([True, False, True, True], datasets.Value("bool"), ("False", "True"), [1, 0, 1, 1]),
    ],
)
def test_labels_may_be_words_or_numbers(write, labels, feature, classes, expected):
    write(train=table(labels, feature), test=table(labels[:1], feature))
    dataset = hugging_face.load("./pets")
    assert dataset.classes == (classes,)
    assert dataset.splits["train"].labels[:, 0].tolist() == expected


def test_training_images_alone_are_parted(write):
    write(train=table([0, 1] * 10))
    dataset = hugging_face.load("./pets")
    train, test = dataset.splits["train"], dataset.splits["test"]
    assert (len(train), len(test)) == (18, 2)
    assert sorted(first_pixels(train) + first_pixels(test)) == list(range(20))
    for split in (train, test):  # images stay with their labels
        assert split.labels[:, 0].tolist() == [pixel % 2 for pixel in first_pixels(split)]


@pytest.mark.parametrize("secret", [-1, None])
def test_a_split_whose_labels_are_secret_is_left_out(write, secret):
    write(train=table([0, 1, 0]), validation=table([1, 0]), test=table([secret] * 5))
    assert hugging_face.describe("./pets").sizes == {"train": 3, "test": 2}


def test_columns_can_be_named_and_size_and_channels_too(write):
    more = {
        "breed": ([0, 0, 1, 1], datasets.ClassLabel(names=["a", "b", "c"])),
        "crop": (images(4, shift=50), datasets.Image()),
    }
    write(train=table([0, 1, 0, 1], **more), test=table([0, 1, 0, 1], **more))
    dataset = hugging_face.load("./pets?image=crop&label=breed&size=6x8&channels=3")
    assert np.array_equal(dataset.splits["train"].images[3], np.stack([PIXELS + 53] * 3))
    assert dataset.splits["train"].labels[:, 0].tolist() == [0, 0, 1, 1]
    assert dataset.classes == (("a", "b", "c"),)


def test_what_was_copied_once_is_found_and_what_changed_is_not(write, monkeypatch):
    write(train=table([0, 1, 0, 1]))
    before = hugging_face.load("./pets").sha256()
    with monkeypatch.context() as patch:
        patch.setattr(cached_dataset, "content_of", lambda *_: pytest.fail("it is copied again"))
        assert hugging_face.load("./pets").sha256() == before
    write(train=table([1, 1, 0, 1]))
    assert hugging_face.load("./pets").sha256() != before


def two_labels():
    return table([0, 1, 0], breed=([0, 1, 0], CLASS), note=(["", "", ""], TEXT))


FAULTS = [
    (
        two_labels,
        "",
        "several columns of labels: breed, label. Say which, for instance: ",
    ),
    (two_labels, "", "hf:./pets?label=label"),
    (two_labels, "?label=image", "label of hf:./pets?label=image is a column of labels"),
    (two_labels, "?label=image", "It may be: breed, label, note."),
    (
        lambda: two_labels().remove_columns(["image"]),
        "",
        "has no column of images, its columns are",
    ),
    (lambda: table([0, 1]).remove_columns(["label"]), "", "has no column of labels, its columns"),
    (lambda: table(["a", "a", "a"], TEXT), "", "hf:./pets has one class only: a"),
    (lambda: table([0, -1, 1]), "", "1 of 3 images in train of hf:./pets have no label"),
    (lambda: table([0, 1]), "", "hf:./pets has 2 images to train on, and 3 are needed"),
]


@pytest.mark.parametrize(("make", "options", "said"), FAULTS)
def test_what_is_no_data_set_of_labeled_images_says_why(write, make, options, said):
    write(train=make())
    with pytest.raises((DataError, InvalidValueError), match=re.escape(said)):
        hugging_face.describe(f"./pets{options}")


def test_classes_that_are_not_trained_on_are_named(write):
    write(train=table(["a", "b"], TEXT), test=table(["b", "d", "c"], TEXT))
    said = "test of hf:./pets has classes that the training images lack: c, d. Those have: a, b."
    with pytest.raises(DataError, match=re.escape(said)):
        hugging_face.load("./pets")


def test_a_split_to_train_on_is_needed(write):
    write(test=table([0, 1]))
    with pytest.raises(DataError, match=r"hf:./pets has no split to train on, it has: test"):
        hugging_face.load("./pets")


def test_a_damaged_image_is_named(write):
    broken = [{"bytes": b"no image", "path": None}, None]
    split = table([0, 1, 0, 1, 0], image=(images(3) + broken, datasets.Image()))
    write(train=split, test=table([0]))
    with pytest.raises(DataError, match="2 of 6 images cannot be used: image 3 in train of hf:"):
        hugging_face.load("./pets")


def test_one_of_several_configurations_is_named(write):
    configs = "".join(f"- config_name: {name}\n  data_files: {name}*\n" for name in ("one", "two"))
    write(f"---\nconfigs:\n{configs}---\n", one=table([0, 1, 0]), two=table([1, 0, 1, 0]))
    with pytest.raises(DataError, match=r"\['one', 'two'\].* hf:./pets\?config=NAME"):
        hugging_face.load("./pets")
    assert sum(hugging_face.describe("./pets?config=two").sizes.values()) == 4


def test_a_folder_that_is_not_there_is_no_name_on_the_hub(write, tmp_path):
    monkey = tmp_path / "monkeys"
    for place in ("./monkeys", str(monkey)):
        with pytest.raises(DataError, match=f"there is no folder {monkey}"):
            hugging_face.load(place)


def test_without_the_package_it_is_said_how_to_get_it(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(PluginError, match=r"pip install 'zoo-images\[hf\]'"):
        hugging_face.load("./pets")


def test_nothing_but_the_answer_is_printed(write, cli, in_terminal):
    write(train=table([0, 1] * 10))
    done = cli("info", "hf:./pets", "--json")
    assert done.json["sizes"] == {"train": 18, "test": 2}
    assert done.err == ""
    code, shown = in_terminal("info", "hf:./pets?size=9", ZOO_HOME="elsewhere")
    assert code == 0
    assert "Reading images" in shown
