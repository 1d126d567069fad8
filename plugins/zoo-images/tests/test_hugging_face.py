"""Data sets that Hugging Face's library loads from folders."""

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


def test_hugging_face_finds_image_and_label_columns_by_type(write):
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
def test_hugging_face_license_is_spdx_or_unknown(write, readme, license):
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
def test_hugging_face_accepts_text_and_number_labels(write, labels, feature, classes, expected):
    write(train=table(labels, feature), test=table(labels[:1], feature))
    dataset = hugging_face.load("./pets")
    assert dataset.classes == (classes,)
    assert dataset.splits["train"].labels[:, 0].tolist() == expected


def test_hugging_face_splits_test_images_off_train(write):
    write(train=table([0, 1] * 10))
    dataset = hugging_face.load("./pets")
    train, test = dataset.splits["train"], dataset.splits["test"]
    assert (len(train), len(test)) == (18, 2)
    assert sorted(first_pixels(train) + first_pixels(test)) == list(range(20))
    for split in (train, test):  # images stay with their labels
        assert split.labels[:, 0].tolist() == [pixel % 2 for pixel in first_pixels(split)]


@pytest.mark.parametrize("secret", [-1, None])
def test_hugging_face_omits_unlabeled_split(write, secret):
    write(train=table([0, 1, 0]), validation=table([1, 0]), test=table([secret] * 5))
    assert hugging_face.describe("./pets").sizes == {"train": 3, "test": 2}


def test_hf_address_selects_columns_size_and_channels(write):
    more = {
        "breed": ([0, 0, 1, 1], datasets.ClassLabel(names=["a", "b", "c"])),
        "crop": (images(4, shift=50), datasets.Image()),
    }
    write(train=table([0, 1, 0, 1], **more), test=table([0, 1, 0, 1], **more))
    dataset = hugging_face.load("./pets?image=crop&label=breed&size=6x8&channels=3")
    assert np.array_equal(dataset.splits["train"].images[3], np.stack([PIXELS + 53] * 3))
    assert dataset.splits["train"].labels[:, 0].tolist() == [0, 0, 1, 1]
    assert dataset.classes == (("a", "b", "c"),)


def test_hugging_face_reuses_copy_until_data_changes(write, monkeypatch):
    write(train=table([0, 1, 0, 1]))
    before = hugging_face.load("./pets").sha256()
    with monkeypatch.context() as patch:
        patch.setattr(cached_dataset, "decode_splits", lambda *_: pytest.fail("decoded again"))
        assert hugging_face.load("./pets").sha256() == before
    write(train=table([1, 1, 0, 1]))
    assert hugging_face.load("./pets").sha256() != before


def two_labels():
    return table([0, 1, 0], breed=([0, 1, 0], CLASS), note=(["", "", ""], TEXT))


FAULTS = [
    (two_labels, "", r"hf:\./pets\b.*: breed, label\b"),
    (two_labels, "", r"hf:\./pets\?label=label$"),
    (two_labels, "?label=image", r"\blabel\b.*hf:\./pets\?label=image\b.*'image'"),
    (two_labels, "?label=image", r": breed, label, note\b"),
    (lambda: two_labels().remove_columns(["image"]), "", r"\bimages\b.*: breed, label, note\b"),
    (lambda: table([0, 1]).remove_columns(["label"]), "", r"\blabels\b.*: image\b"),
    (lambda: table(["a", "a", "a"], TEXT), "", r"hf:\./pets\b.*\bclass\b.*: a\b"),
    (lambda: table([0, -1, 1]), "", r"\b1 of 3\b.*\btrain\b.*hf:\./pets\b.*\blabel\b"),
    (lambda: table([0, 1]), "", r"\b3\b.*hf:\./pets\b.*\b2\b"),
]


@pytest.mark.parametrize(("make", "options", "facts"), FAULTS)
def test_hugging_face_explains_unusable_dataset(write, make, options, facts):
    write(train=make())
    with pytest.raises(InvalidValueError if options else DataError, match=facts):
        hugging_face.describe(f"./pets{options}")


def test_hugging_face_names_classes_missing_from_train(write):
    write(train=table(["a", "b"], TEXT), test=table(["b", "d", "c"], TEXT))
    with pytest.raises(DataError, match=r"\btest of hf:\./pets\b.*: c, d\..*: a, b\."):
        hugging_face.load("./pets")


def test_hugging_face_requires_train_split(write):
    write(test=table([0, 1]))
    with pytest.raises(DataError, match=r"hf:\./pets\b.*\btrain\b.*: test$"):
        hugging_face.load("./pets")


def test_hugging_face_names_damaged_image(write):
    broken = [{"bytes": b"no image", "path": None}, None]
    split = table([0, 1, 0, 1, 0], image=(images(3) + broken, datasets.Image()))
    write(train=split, test=table([0]))
    with pytest.raises(DataError, match=r"\b2 of 6\b.*: image 3\b.*\btrain\b.*hf:"):
        hugging_face.load("./pets")


def test_hugging_face_requires_config_among_several(write):
    configs = "".join(f"- config_name: {name}\n  data_files: {name}*\n" for name in ("one", "two"))
    write(f"---\nconfigs:\n{configs}---\n", one=table([0, 1, 0]), two=table([1, 0, 1, 0]))
    with pytest.raises(DataError, match=r"\['one', 'two'\].* hf:./pets\?config=NAME"):
        hugging_face.load("./pets")
    assert sum(hugging_face.describe("./pets?config=two").sizes.values()) == 4


def test_hugging_face_names_missing_folder(write, tmp_path):
    monkey = tmp_path / "monkeys"
    for place in ("./monkeys", str(monkey)):
        with pytest.raises(DataError, match=rf"folder {re.escape(str(monkey))}\b") as caught:
            hugging_face.load(place)
        assert "hf:" not in str(caught.value)


def test_hugging_face_names_missing_package(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(PluginError, match=r"pip install 'zoo-images\[hf\]'"):
        hugging_face.load("./pets")


def test_info_of_hf_dataset_shows_progress_only_on_terminal(write, cli, in_terminal):
    write(train=table([0, 1] * 10))
    done = cli("info", "hf:./pets", "--json")
    assert done.json["sizes"] == {"train": 18, "test": 2}
    assert done.err == ""
    code, shown = in_terminal("info", "hf:./pets?size=9", ZOO_HOME="elsewhere")
    assert code == 0
    assert "Reading images" in shown
