"""Data sets made of folders of images, and errors for unusable folders."""

import hashlib
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from zoo_core import class_targets
from zoo_core.data.images.files import read_image
from zoo_core.data.images.processor import fit_image
from zoo_core.errors import DataError
from zoo_core.system.paths import zoo_home
from zoo_images import cached_dataset, prefetch
from zoo_images.decoding import decode
from zoo_images.folders import folder_source

LIGHT = np.full((4, 6), 200, np.uint8)


def gray(value):
    return np.full((4, 6), value, np.uint8)


@pytest.fixture
def write(here):
    """Return a function that writes images by their paths; a number is a gray level."""

    def write_all(files):
        for name, pixels in files.items():
            path = here / name
            path.parent.mkdir(parents=True, exist_ok=True)
            image = gray(pixels) if isinstance(pixels, int) else pixels
            (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(path)

    return write_all


@pytest.fixture
def pets(write):
    """Write the folder pets: 20 numbered images, even ones of cats, odd ones of dogs."""
    write({f"pets/{('cat', 'dog')[n % 2]}/{n}.png": 10 * n for n in range(20)})


def shades(split):
    """Return the first pixel of each image."""
    return split.inputs[:, 0, 0, 0].tolist()


def position(key):
    """Return a number from 0 to 1, below 0.1 for test images."""
    return int(hashlib.sha256(f"test\0{key}".encode()).hexdigest()[:16], 16) / 2**64


def copies():
    return sorted(Path(zoo_home(), "datasets").glob("*"))


def test_folder_dataset_maps_subfolders_to_classes_and_holds_out_tenth(pets):
    dataset = folder_source.load("pets")
    train, test = dataset.splits["train"], dataset.splits["test"]
    assert (len(train), len(test)) == (18, 2)
    # No hash is below a tenth, so the image of each class with the smallest one is held out.
    keys = train.examples.keys + test.examples.keys
    for name in ("cat", "dog"):
        assert min((k for k in keys if k.startswith(name)), key=position) in test.examples.keys
    assert dataset.facts.split_rule == "A tenth of the images test, by the sha256 of their path."
    assert sorted(shades(train) + shades(test)) == list(range(0, 200, 10))
    assert dataset.targets == class_targets(("cat", "dog"))
    for split in (train, test):
        assert split.targets[0].tolist() == [shade // 10 % 2 for shade in shades(split)]


def test_folder_dataset_spec_describes_images(pets, here):
    spec = folder_source.describe("pets")
    assert (spec.name, spec.address) == ("folder:pets", "pets")
    assert (spec.input.shape, spec.targets) == ((1, 4, 6), class_targets(("cat", "dog")))
    assert spec.sizes == {"train": 18, "test": 2}
    assert spec.sha256 == folder_source.load("pets").sha256()
    assert spec.license == "LicenseRef-unknown"
    assert spec.source == f"the folder {here}/pets"
    assert spec.summary == "20 images of 2 classes, 4×6."


def test_folder_dataset_orders_files_by_number_across_classes(write):
    names = ["train/a/2.png", "train/b/10.png", "train/b/1.png", "train/a/11.png", "train/b/2.png"]
    write({name: 10 * n for n, name in enumerate(names)} | {"test/a/1.png": 0})
    train = folder_source.load(".").splits["train"]
    assert shades(train) == [20, 0, 40, 10, 30]  # 1, 2 of a, 2 of b, 10, 11
    assert train.targets[0].tolist() == [1, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("train", "val", "test"), {"train": 4, "validation": 4, "test": 4}),
        (("Training", "VALID", "testing"), {"train": 4, "validation": 4, "test": 4}),
        (("train", "test"), {"train": 4, "test": 4}),
        (("train", "validation"), {"train": 4, "test": 4}),
        (("train",), {"train": 3, "test": 1}),
    ],
)
def test_folder_dataset_recognizes_split_folders(write, names, splits):
    write({f"{name}/{kind}/{n}.png": n for name in names for kind in "ab" for n in range(2)})
    assert folder_source.describe(".").sizes == splits


def test_folder_dataset_ignores_split_without_classes(pets, write, here):
    shutil.move(here / "pets", here / "train")
    write({f"test/{n}.png": n for n in range(5)})  # for example of a competition
    (here / "val").mkdir()
    assert folder_source.describe(".").sizes == {"train": 18, "test": 2}


def test_folder_dataset_accepts_class_named_train(write):
    write({f"{kind}/{n}.png": n for kind in ("bus", "train", "train/old") for n in range(5)})
    dataset = folder_source.load(".")
    assert dataset.targets == class_targets(("bus", "train"))
    assert sum(map(len, dataset.splits.values())) == 15


def test_folder_dataset_finds_only_images_in_nested_and_linked_folders(write, here):
    write(
        {f"all/a/deep/er/{n}.png": n for n in range(3)} | {f"elsewhere/{n}.JPG": n for n in (1, 2)}
    )
    (here / "all/b").symlink_to(here / "elsewhere")
    (here / "all/circle").symlink_to("circle")
    for name in ("all/readme.txt", "all/a/labels.csv", "all/a/.hidden.png", "all/.git/x.png"):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).touch()
    dataset = folder_source.load("all")
    assert dataset.targets == class_targets(("a", "b"))
    assert sum(len(split) for split in dataset.splits.values()) == 5


def test_folder_dataset_is_gray_if_all_images_are(pets, write):
    assert folder_source.describe("pets").input.shape == (1, 4, 6)
    write({"pets/cat/99.png": np.dstack([gray(1), gray(2), gray(3)])})
    assert folder_source.describe("pets").input.shape == (3, 4, 6)
    assert folder_source.describe("pets?channels=1").input.shape == (1, 4, 6)


def test_folder_dataset_rejects_mixed_sizes_with_working_remedy(pets, write):
    write({"pets/cat/98.png": np.zeros((9, 7), np.uint8), "pets/dog/99.png": LIGHT[:2]})
    facts = r"folder:pets\b.*\b3 sizes\b.*\b2x6\b.*\b9x7\b.*'folder:pets\?size=64'$"
    with pytest.raises(DataError, match=facts):
        folder_source.describe("pets")
    assert not copies()
    assert folder_source.describe("pets?size=64").input.shape == (1, 64, 64)


def test_folder_dataset_resizes_images_like_predict(write):
    rng = np.random.default_rng(0)
    photos = {f"{n % 2}/{n}.png": rng.integers(0, 256, (n + 5, 9, 3), np.uint8) for n in range(9)}
    write({f"train/{name}": pixels for name, pixels in photos.items()} | {"test/0/0.png": LIGHT})
    train = folder_source.load(".?size=5x8").splits["train"]
    for name, image in zip(photos, train.inputs, strict=True):
        assert np.array_equal(image, fit_image(read_image(Path("train", name), 3), (3, 5, 8)))


def test_folder_dataset_names_split_sizes(write):
    write({f"train/{kind}/{n}.png": n for kind in "ab" for n in range(2)})
    write({"test/a/1.png": np.zeros((7, 7), np.uint8)})
    with pytest.raises(DataError, match=r"\b2 sizes\b.*\b4x6\b.*\b7x7\b.*\btrain 4x6, test 7x7\b"):
        folder_source.describe(".")


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_folder_dataset_applies_exif_orientation(write, here, suffix):
    write({f"photos/{kind}/{n}.{suffix}": n for kind in "ab" for n in range(4)})
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    upright = Image.fromarray(np.ascontiguousarray(gray(9).T))  # as stored by a rotated camera
    upright.save(here / f"photos/a/9.{suffix}", exif=exif)
    assert folder_source.describe("photos").input.shape == (1, 4, 6)


def test_decoding_threads_keep_image_order(pets, monkeypatch):
    expected = folder_source.load("pets")
    for path in copies():
        shutil.rmtree(path)
    monkeypatch.setattr(decode, "CHUNK_SIZE", 3)
    monkeypatch.setattr(prefetch, "physical_cores", lambda: 4)
    assert folder_source.load("pets").sha256() == expected.sha256()


def decode_nothing(*_):
    raise AssertionError("the images are decoded again")


def test_folder_dataset_reuses_decoded_copy_after_move(pets, here, monkeypatch):
    expected = folder_source.load("pets").sha256()
    (here / "other").mkdir()
    monkeypatch.setattr(cached_dataset, "decode_splits", decode_nothing)
    assert folder_source.load("./pets").sha256() == expected
    shutil.move(here / "pets", here / "other" / "pets")
    assert folder_source.load("other/pets").sha256() == expected


def change(path):
    before = path.stat()
    Image.fromarray(gray(77)).save(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


@pytest.mark.parametrize(
    "happens",
    [
        lambda cats: change(cats / "4.png"),
        lambda cats: (cats / "4.png").unlink(),
        lambda cats: shutil.copy(cats / "4.png", cats / "44.png"),
        lambda cats: (cats / "4.png").rename(cats / "44.png"),
        lambda cats: (cats / "4.png").rename(cats.parent / "dog" / "4.png"),
        lambda cats: cats.rename(cats.parent / "cats"),
    ],
    ids=["changed", "removed", "added", "renamed", "moved", "class"],
)
def test_folder_dataset_decodes_changed_folder_again(pets, here, happens):
    before = folder_source.load("pets").sha256()
    happens(here / "pets" / "cat")
    assert folder_source.load("pets").sha256() != before


def test_folder_dataset_counts_damaged_files_and_names_first_five(pets, here):
    whole = (here / "pets/cat/2.png").read_bytes()
    (here / "pets/cat/2.png").write_bytes(whole[:40])
    for n in (3, 5, 7, 9, 11):
        (here / f"pets/dog/{n}.png").write_text("no image")
    (here / "pets/cat/20.png").symlink_to("nowhere")
    with pytest.raises(DataError) as caught:
        folder_source.load("pets")
    message = str(caught.value)
    assert message.startswith("7 of 21 ")
    assert "2 more" in message
    named = re.findall(r"pets/\S+\.png", message)
    assert len(named) == 5
    assert set(named) <= {f"pets/dog/{n}.png" for n in (3, 5, 7, 9, 11)} | {
        "pets/cat/2.png",
        "pets/cat/20.png",
    }
    assert not copies()


def test_folder_dataset_reports_folder_of_damaged_files_only(here):
    for name in "ab":
        (here / name).mkdir()
        for n in range(3):
            (here / name / f"{n}.png").touch()
    with pytest.raises(DataError, match=r"\b6 of 6\b.*\b[ab]/0\.png\b"):
        folder_source.load(".")


def test_folder_dataset_path_is_relative_to_cwd_then_zoo_data(pets, here, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=rf"folder {re.escape(str(tmp_path / 'pets'))}\b.*ZOO_DATA"):
        folder_source.describe("pets")
    monkeypatch.setenv("ZOO_DATA", str(here))
    assert folder_source.describe("pets").source == f"the folder {here}/pets"
    shutil.copytree(here / "pets", tmp_path / "pets")
    assert folder_source.describe("pets").source == f"the folder {tmp_path}/pets"


def empty(*names):
    return dict.fromkeys(names)


TWO = {"a/1.png": 1, "a/2.png": 2, "b/1.png": 3, "b/2.png": 4}
TRAIN = {f"train/{name}": shade for name, shade in TWO.items()}

FAULTS = [
    ({}, r"\bfolder all\b.*\bno sub-folder\b"),
    ({"1.png": 1}, r"\bfolder all\b.*\bno sub-folder\b"),
    (empty("a/", "b/"), r"\bfolder all\b.*\bwithout\b.*: a, b\b"),
    ({"a/1.png": 1, "a/2.png": 2}, r"\bfolder all\b.*\bone class\b.*: a\b"),
    (TWO | empty("c/", "d/"), r"\bfolder all\b.*\bwithout\b.*: c, d\b"),
    ({"a/1.png": 1, "b/1.png": 1}, r"\b3\b.*\bfolder:all\b.*\b2\b"),
    (TRAIN | {"test/c/1.png": 1}, r"\bfolder all/test\b.*: c\b"),
    (TRAIN | {"test/c/1.png": 1}, r": c\..*: a, b\b"),
    (TRAIN | empty("test/a/"), r"\bno image\b.*\ball/test\b"),
    (TRAIN | empty("train/c/"), r"\bfolder all/train\b.*\bwithout\b.*: c\b"),
    (TRAIN | {"more/1.png": 1}, r"\bfolder all\b.*\btrain\b.*\bmore\b.*\bfolder:all/train\b"),
    (TRAIN | {"Training/a/1.png": 1}, r"\bfolder all\b.*\bTraining, train\b.*'train'"),
    ({"test/a/1.png": 1, "val/b/2.png": 1}, r"\bfolder all\b.*\btest, val\b.*'train'"),
    ({"train/1.png": 1, "test/2.png": 1}, r"\bno classes\b.*\bfolder all: test, train\b"),
]


@pytest.mark.parametrize(("files", "facts"), FAULTS)
def test_folder_dataset_explains_unusable_folder(write, here, files, facts):
    (here / "all").mkdir()
    for name in (name for name, shade in files.items() if shade is None):
        (here / "all" / name).mkdir(parents=True)
    write({f"all/{name}": shade for name, shade in files.items() if shade is not None})
    with pytest.raises(DataError, match=facts):
        folder_source.describe("all")
    assert not copies()


def test_folder_dataset_rejects_file(here):
    (here / "pets.zip").touch()
    with pytest.raises(DataError, match=r"\bfile\b.*\bpets\.zip\b"):
        folder_source.describe("pets.zip")


def test_folder_dataset_names_unreadable_folder(pets, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("cat"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"\bpets/cat\b.*: Permission denied$"):
        folder_source.describe("pets")
