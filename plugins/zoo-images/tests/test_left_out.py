"""Files that are left out of a data set, with reasons, and names that are refused."""

import os

import pytest

from zoo_core.data.images import heif
from zoo_core.errors import DataError
from zoo_images.class_names import in_class_order
from zoo_images.folders import folder_source
from zoo_images.local import places


@pytest.fixture
def photos(write_photos):
    """Return a folder with 6 images of two classes."""
    return write_photos(3)


def left_out(address="photos"):
    return dict(folder_source.load(address).facts.left_out)


def test_clean_folder_leaves_nothing_out(photos):
    facts = folder_source.load("photos").facts
    assert (dict(facts.left_out), facts.damaged, facts.notes) == ({}, 0, ())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a/notes.txt", "not an image by its suffix"),
        ("README.md", "not an image by its suffix"),
        ("0.png", "not in the folder of a class"),
        ("a/.hidden.png", "hidden, or added by a system"),
        ("a/deeper/._0.png", "hidden, or added by a system"),
        (".git/x.png", "hidden, or added by a system"),
        ("__MACOSX/a/0.png", "hidden, or added by a system"),
    ],
)
def test_files_that_are_left_out_are_counted_with_reason(photos, name, reason):
    before = folder_source.load("photos").sha256()
    (photos / name).parent.mkdir(parents=True, exist_ok=True)
    (photos / name).write_bytes((photos / "a/0.png").read_bytes())
    assert left_out() == {reason: 1}
    assert folder_source.load("photos").sha256() == before
    (photos / name).unlink()
    assert sum(left_out().values()) == (name.startswith((".git", "__MACOSX")))


def test_heic_without_decoder_is_left_out_and_names_the_remedy(photos, monkeypatch):
    monkeypatch.setattr(heif, "is_installed", lambda: False)
    (photos / "a/1.heic").touch()
    ((reason, number),) = left_out().items()
    assert number == 1
    assert reason.startswith("HEIC")
    assert "pillow-heif" in reason
    for n in range(3):
        (photos / f"b/{n}.png").rename(photos / f"b/{n}.heic")
    with pytest.raises(DataError, match=r"without images: b .*\bHEIC\b.*pillow-heif"):
        folder_source.load("photos")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_named_pipe_is_left_out_and_never_opened(photos):
    os.mkfifo(photos / "a/9.png")  # opening it would wait forever
    ((reason, number),) = left_out().items()
    assert (reason.split(",")[0], number) == ("not a regular file", 1)


def test_link_to_folder_within_class_is_left_out(photos):
    (photos / "a/again").symlink_to("../a")
    assert left_out() == {"a link to a folder": 1}


def test_folders_beside_splits_are_left_out(photos):
    for split in ("train", "test", "test2", "valid"):
        for name in "ab":
            for n in range(2):
                path = photos / split / (name if split != "valid" else "") / f"{name}{n}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes((photos / "a/0.png").read_bytes())
    # Images in a, b and test2; those in valid have no folder of a class.
    assert left_out() == {"in a folder that is not a split": 10, "not in the folder of a class": 4}


def test_files_beside_the_classes_of_a_split_are_left_out(photos):
    (photos / "train").mkdir()
    for name in "ab":
        (photos / name).rename(photos / "train" / name)
    (photos / "train/notes.txt").touch()
    assert left_out() == {"not an image by its suffix": 1}


def test_nested_folders_of_a_class_are_part_of_it(photos):
    (photos / "a/deep/er").mkdir(parents=True)
    (photos / "a/0.png").rename(photos / "a/deep/er/0.png")
    splits = folder_source.load("photos").splits.values()
    assert "a/deep/er/0.png" in {key for split in splits for key in split.examples.keys}
    assert left_out() == {}


def test_nested_folder_with_name_that_is_not_utf8_is_refused(photos):
    folder = photos / "b" / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (photos / "b/0.png").rename(folder / "0.png")
    with pytest.raises(DataError, match=r"folder photos/b/caf.* in UTF-8, got 'caf\\xe9'"):
        folder_source.describe("photos")


def test_folder_in_place_that_is_not_utf8_has_storable_spec(photos, tmp_path, monkeypatch):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    photos.rename(folder / "photos")
    monkeypatch.chdir(folder)
    spec = folder_source.describe("photos")
    assert spec.source == f"the folder {tmp_path}/caf\\xe9/photos"
    assert spec.place == ""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (b"caf\xe9", r"name of a class in folder photos in UTF-8, got 'caf\\xe9'"),
        (b"a\x1b[31m", r"name of a class in folder photos without control .*'a\\x1b\[31m'"),
        (b"a\nb", r"name of a class in folder photos without control characters, got 'a\\nb'"),
    ],
)
def test_class_folder_with_unusable_name_is_refused(photos, name, message):
    (photos / "b").rename(photos / os.fsdecode(name))
    with pytest.raises(DataError, match=message):
        folder_source.describe("photos")


def test_image_with_name_that_is_not_utf8_is_refused(photos):
    (photos / "b/0.png").rename(photos / "b" / os.fsdecode(b"caf\xe9.png"))
    with pytest.raises(DataError, match=r"file in photos/b in UTF-8, got 'caf\\xe9\.png'"):
        folder_source.describe("photos")


def test_class_in_two_unicode_forms_is_refused(photos):
    (photos / "a").rename(photos / "é")
    (photos / "b").rename(photos / "e\u0301")
    with pytest.raises(DataError, match=r"'e\\u0301' and '\\xe9' .* two Unicode forms"):
        folder_source.describe("photos")


def test_classes_that_differ_only_in_case_are_noted(photos):
    (photos / "b").rename(photos / "A")
    facts = folder_source.load("photos").facts
    assert facts.notes == ("Some classes differ only in case: A, a.",)


def test_unknown_class_in_another_split_suggests_similar_name(photos):
    (photos / "train").mkdir()
    for name in "ab":
        (photos / name).rename(photos / "train" / name)
    (photos / "test/B").mkdir(parents=True)
    (photos / "train/a/0.png").rename(photos / "test/B/0.png")
    with pytest.raises(DataError, match=r"training images: B\. Did you mean 'b'\?.* only in case"):
        folder_source.describe("photos")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["10", "9", "1"], ["1", "9", "10"]),
        (["-1", "1", "-10"], ["-10", "-1", "1"]),
        (["01", "1", "0"], ["0", "01", "1"]),
        (["10", "9", "x"], ["10", "9", "x"]),
        (["1.5", "10", "9"], ["1.5", "10", "9"]),
        (["9" * 5000, "x"], ["9" * 5000, "x"]),
        (["９", "10"], ["10", "９"]),  # only ASCII digits
    ],
)
def test_classes_that_are_integers_are_sorted_by_value(names, expected):
    assert in_class_order(names) == expected


def test_file_with_labels_suggests_source_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my photos.csv").touch()
    with pytest.raises(DataError, match=r"got the file my photos\.csv\..* 'files:my photos\.csv'$"):
        places.find_folder("my photos.csv")
    with pytest.raises(DataError, match=r"got the folder \S+\..* folder:\S+$"):
        places.find_label_file(str(tmp_path))
