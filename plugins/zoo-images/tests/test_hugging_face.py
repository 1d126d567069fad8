"""Data sets that Hugging Face's library loads from folders."""

import hashlib
import io
import os
import re
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from zoo_images import cached_dataset
from zoo_images.hub import hugging_face

datasets = pytest.importorskip("datasets")

from zoo_core import class_targets  # noqa: E402
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
    return split.inputs[:, 0, 0, 0].tolist()


def test_hugging_face_finds_image_and_label_columns_by_type(write):
    folder = write(
        readme="---\nlicense: cc-by-4.0\n---\n",
        train=table([0, 1, 1, 0], picture_id=(list("abcd"), TEXT)),
        validation=table([1, 0]),
        test=table([1]),
    )
    spec, dataset = hugging_face.describe("./pets"), hugging_face.load("./pets")
    assert (spec.name, spec.input.shape, spec.targets) == (
        "hf:./pets",
        (1, 6, 8),
        class_targets(("cat", "dog")),
    )
    assert spec.sizes == {"train": 4, "validation": 2, "test": 1}
    assert spec.sha256 == dataset.sha256()
    assert (spec.license, spec.source) == ("CC-BY-4.0", f"the folder {folder}")
    assert dataset.targets == class_targets(("cat", "dog"))
    assert dataset.splits["train"].targets[0].tolist() == [0, 1, 1, 0]
    assert np.array_equal(dataset.splits["train"].inputs[3, 0], PIXELS + 3)


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
    assert dataset.targets == class_targets(classes)
    assert dataset.splits["train"].targets[0].tolist() == expected


def test_hugging_face_splits_test_images_off_train(write):
    write(train=table([0, 1] * 20))
    dataset = hugging_face.load("./pets")
    train, test = dataset.splits["train"], dataset.splits["test"]
    assert len(train) > len(test) > 0
    assert sorted(first_pixels(train) + first_pixels(test)) == list(range(40))
    for split in (train, test):  # by the content of an image alone
        assert all((position(key) < 0.1) == (split is test) for key in split.examples.groups)
    assert dataset.facts.split_rule.startswith("A tenth of the images test, by the sha256 of ")
    for split in (train, test):  # images stay with their labels
        assert split.targets[0].tolist() == [pixel % 2 for pixel in first_pixels(split)]


def position(group):
    """Return a number from 0 to 1, below 0.1 for test images, computed apart from zoo."""
    return int(hashlib.sha256(f"test\0{group}".encode()).hexdigest()[:16], 16) / 2**64


def splits(address="./pets"):
    """Return the first pixels of each split's images."""
    return {name: set(first_pixels(s)) for name, s in hugging_face.load(address).splits.items()}


def test_rows_stay_in_their_split_if_others_are_added_or_reordered(write):
    write(train=table([0, 1] * 20))
    before = splits()
    order = np.random.default_rng(0).permutation(60).tolist()
    write(train=table([0, 1] * 30).select(order))
    after = splits()
    assert all(before[name] == after[name] & set(range(40)) for name in before)


def test_equal_rows_are_in_the_same_split_under_keys_of_their_own(write):
    twice = [*images(10), *images(10)]
    write(train=table([0, 1] * 10, image=(twice, datasets.Image())))
    found = hugging_face.load("./pets").splits
    keys = [key for split in found.values() for key in split.examples.keys]
    assert len(set(keys)) == 20
    assert sum(key.endswith("#2") for key in keys) == 10
    assert not set(first_pixels(found["train"])) & set(first_pixels(found["test"]))


def test_names_in_rows_are_in_keys_without_folders_of_other_machines(write):
    rows = [
        {"bytes": png(n), "path": f"/home/{n}/{n}.png" if n % 2 else f"{n}.png"} for n in range(9)
    ]
    write(train=table([0, 1, 0] * 3, image=(rows, datasets.Image())))
    found = hugging_face.load("./pets").splits.values()
    names = [key.split()[0] for split in found for key in split.examples.keys]
    assert sorted(names) == [f"train/{n}.png" for n in range(9)]


def png(n):
    file = io.BytesIO()
    Image.fromarray(PIXELS + n).save(file, "png")
    return file.getvalue()


def write_folder(root, shift=0):
    """Write a folder of 20 bitmaps by class, all of the same size and time."""
    for n in range(20):
        path = root / "train" / ("cat", "dog")[n % 2] / f"{n}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS + n + shift).save(path)
        os.utime(path, ns=(OLD, OLD))


OLD = 1_700_000_000_000_000_000


def test_folder_of_images_has_paths_as_keys(write, tmp_path):
    write()
    write_folder(tmp_path / "pets")
    found = hugging_face.load("./pets").splits
    keys = [key for split in found.values() for key in split.examples.keys]
    assert sorted(keys) == sorted(f"train/train/{('cat', 'dog')[n % 2]}/{n}.bmp" for n in range(20))
    for split in found.values():
        for key, pixel in zip(split.examples.keys, first_pixels(split), strict=True):
            assert key.endswith(f"/{pixel}.bmp")


def pixels(address):
    found = hugging_face.load(address).splits.values()
    return sorted(pixel for split in found for pixel in first_pixels(split))


def test_images_rewritten_with_equal_sizes_and_times_are_read_again(write, tmp_path):
    write()
    for shift in (0, 100, 0):
        write_folder(tmp_path / "pets", shift)
        assert pixels("./pets") == [*range(shift, shift + 20)]


def test_parquet_rewritten_with_equal_size_and_time_is_read_again(write, tmp_path):
    def rewrite(*labels):
        path = write(train=table([*labels] * 10)) / "train-00000-of-00001.parquet"
        os.utime(path, ns=(OLD, OLD))
        return path.stat().st_size, path.stat().st_mtime_ns

    def labels_of_even_pixels():
        found = hugging_face.load("./pets").splits.values()
        rows = [zip(first_pixels(s), s.targets[0].tolist(), strict=True) for s in found]
        return {label for pairs in rows for pixel, label in pairs if pixel % 2 == 0}

    before = rewrite(0, 1)
    assert labels_of_even_pixels() == {0}
    assert rewrite(1, 0) == before
    assert labels_of_even_pixels() == {1}
    assert rewrite(0, 1) == before
    assert labels_of_even_pixels() == {0}


def test_folders_with_equal_names_sizes_and_times_have_own_copies(write, tmp_path):
    write()
    for name, shift in (("one/pets", 0), ("two/pets", 100)):
        write_folder(tmp_path / name, shift)
    assert pixels("./one/pets") == [*range(20)]
    assert pixels("./two/pets") == [*range(100, 120)]
    assert pixels("./one/pets") == [*range(20)]


def test_copied_folder_has_same_copy_at_another_place(write, tmp_path, monkeypatch):
    folder = write(train=table([0, 1] * 10))
    before = hugging_face.describe("./pets?size=4")
    assert before.place == f"{folder}?size=4"
    shutil.copytree(folder, tmp_path / "other/pets")
    monkeypatch.chdir(tmp_path / "other")
    monkeypatch.setattr(hugging_face, "fetch", lambda *_: pytest.fail("loaded again"))
    after = hugging_face.describe("./pets?size=4")
    assert (after.sha256, after.place) == (before.sha256, f"{tmp_path}/other/pets?size=4")


def test_folder_that_changes_while_it_is_loaded_is_an_error(write, tmp_path, monkeypatch):
    write()
    write_folder(tmp_path / "pets")
    decode = cached_dataset.decode_splits

    def change_and_decode(*rest):
        Image.fromarray(PIXELS + 99).save(tmp_path / "pets/train/cat/4.bmp")
        return decode(*rest)

    monkeypatch.setattr(cached_dataset, "decode_splits", change_and_decode)
    with pytest.raises(DataError, match=r"pets/train/cat/4\.bmp changed while it was read"):
        hugging_face.load("./pets")


def test_text_labels_that_are_numbers_are_in_natural_order(write):
    write(train=table(["10", "9", "1", "9"], TEXT), test=table(["9"], TEXT))
    assert hugging_face.load("./pets").targets == class_targets(("1", "9", "10"))


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
    assert np.array_equal(dataset.splits["train"].inputs[3], np.stack([PIXELS + 53] * 3))
    assert dataset.splits["train"].targets[0].tolist() == [0, 0, 1, 1]
    assert dataset.targets == class_targets(("a", "b", "c"))


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
    (two_labels, "", r"'hf:\./pets\?label=label'$"),
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
    with pytest.raises(DataError, match=r"\['one', 'two'\].* 'hf:./pets\?config=NAME'"):
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
    assert sum(done.json["sizes"].values()) == 20
    assert done.err == ""
    code, shown = in_terminal("info", "hf:./pets?size=9", ZOO_HOME="elsewhere")
    assert code == 0
    assert "Reading images" in shown
