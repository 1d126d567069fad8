"""Stored copies of folders: one per content, whatever sizes, times and paths say."""

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zoo_core.errors import DataError
from zoo_core.system.paths import zoo_home
from zoo_images import cached_dataset
from zoo_images.folders import folder_source
from zoo_images.local import file_contents

OLD = time.time_ns() - 3_600_000_000_000


@pytest.fixture
def settled(monkeypatch):
    """Let files count as older than the last check, without waiting for two seconds."""
    monkeypatch.setattr(file_contents, "GRANULARITY", -3_600_000_000_000)


@pytest.fixture
def read(monkeypatch):
    """Return a list of the files that are hashed."""
    found, hash_file = [], file_contents.hash_file
    monkeypatch.setattr(
        file_contents, "hash_file", lambda file: (found.append(file.key), hash_file(file))[1]
    )
    return found


def bitmap(path, shade):
    """Write a bitmap, whose size does not depend on its pixels, with a fixed time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 6), shade, np.uint8)).save(path)
    os.utime(path, ns=(OLD, OLD))


def write(root, shift=0):
    """Write a folder of 20 images of two classes; `shift` is added to their gray levels."""
    for n in range(20):
        bitmap(root / ("cat", "dog")[n % 2] / f"{n}.bmp", 10 * n + shift)
    return root


def shades(address):
    """Return the gray level of each image, by key, from the arrays that a training gets."""
    dataset = folder_source.load(str(address))
    return {
        key: int(image[0, 0, 0])
        for split in dataset.splits.values()
        for key, image in zip(split.examples.keys, split.inputs, strict=True)
    }


def labels(address):
    dataset = folder_source.load(str(address))
    (classes,) = (target.classes for target in dataset.targets)
    return {
        key: classes[label]
        for split in dataset.splits.values()
        for key, label in zip(split.examples.keys, split.targets[0], strict=True)
    }


def copies():
    return sorted(Path(zoo_home(), "datasets").glob("*/dataset.json"))


def no_decoding(monkeypatch):
    monkeypatch.setattr(
        cached_dataset, "decode_splits", lambda *_: pytest.fail("the images are decoded again")
    )


def truth(shift=0):
    return {f"{('cat', 'dog')[n % 2]}/{n}.bmp": 10 * n + shift for n in range(20)}


def test_folders_with_equal_names_sizes_and_times_have_own_copies(here, settled):
    first, second = write(here / "one/photos"), write(here / "two/photos", shift=1)
    assert shades(first) == truth()
    assert shades(second) == truth(shift=1)
    assert shades(first) == truth()
    assert len(copies()) == 2


def test_class_folders_that_are_swapped_swap_labels(here, settled):
    root = write(here / "photos")
    before = shades(root)
    for old, new in (("cat", "swap"), ("dog", "cat"), ("swap", "dog")):
        (root / old).rename(root / new)
    after = shades(root)
    assert {f"{('dog', 'cat')[n % 2]}/{n}.bmp" for n in range(20)} == after.keys()
    assert all(after[f"dog/{n}.bmp"] == before[f"cat/{n}.bmp"] for n in range(0, 20, 2))
    assert all(key.startswith(label) for key, label in labels(root).items())


def test_file_rewritten_with_equal_size_and_time_is_read_again(here, settled):
    root = write(here / "photos")
    shades(root)
    inode = (root / "cat/4.bmp").stat().st_ino
    bitmap(root / "cat/4.bmp", 7)
    assert (root / "cat/4.bmp").stat().st_ino == inode
    assert shades(root) == truth() | {"cat/4.bmp": 7}


def test_file_replaced_with_equal_size_and_time_is_read_again(here, settled):
    root = write(here / "photos")
    shades(root)
    bitmap(here / "new.bmp", 7)
    (here / "new.bmp").replace(root / "cat/4.bmp")
    assert shades(root) == truth() | {"cat/4.bmp": 7}


def test_only_changed_files_are_read_again(here, settled, read):
    root = write(here / "photos")
    shades(root)
    assert sorted(read) == sorted(truth())
    del read[:]
    shades(root)
    assert read == []
    bitmap(root / "cat/4.bmp", 7)
    shades(root)
    assert read == ["cat/4.bmp"]
    del read[:]
    (root / "dog/5.bmp").unlink()
    shades(root)
    shades(root)
    assert read == []


def test_touch_keeps_the_copy(here, settled, monkeypatch):
    root = write(here / "photos")
    shades(root)
    for path in root.rglob("*.bmp"):
        path.touch()
    no_decoding(monkeypatch)
    assert shades(root) == truth()


def test_copied_folder_at_another_path_has_same_copy_and_checksum(here, settled, monkeypatch):
    root = write(here / "photos")
    before = folder_source.describe("photos")
    shutil.copytree(root, here / "other/place/photos")  # with other times
    no_decoding(monkeypatch)
    monkeypatch.chdir(here / "other")
    after = folder_source.describe("place/photos")
    assert after.sha256 == before.sha256
    assert (before.place, after.place) == (str(root), f"{here}/other/place/photos")
    monkeypatch.chdir("/")
    assert folder_source.load(before.place).sha256() == before.sha256


def test_edited_folder_has_same_copy_as_new_one_with_its_content(here, settled, monkeypatch):
    root = write(here / "photos")
    shades(root)
    bitmap(root / "cat/00.bmp", 7)  # before and after the others
    bitmap(root / "dog/99.bmp", 8)
    (root / "cat/4.bmp").unlink()
    expected = shades(root)
    shutil.copytree(root, here / "new/photos")
    no_decoding(monkeypatch)
    assert shades("new/photos") == expected


def test_place_keeps_options(here):
    write(here / "photos")
    spec = folder_source.describe("./photos/../photos?size=5&channels=3")
    assert spec.place == f"{here}/photos?size=5&channels=3"
    assert folder_source.describe(spec.place).sha256 == spec.sha256


def test_file_written_just_now_is_read_at_next_use(here, read):
    root = write(here / "photos")  # its time of change is within the clock's granularity
    shades(root)
    del read[:]
    shades(root)
    assert sorted(read) == sorted(truth())


def test_file_with_future_time_is_read_at_each_use(here, read, monkeypatch):
    monkeypatch.setattr(file_contents, "GRANULARITY", -60_000_000_000)
    root = write(here / "photos")
    future = time.time_ns() + 3_600_000_000_000
    os.utime(root / "cat/4.bmp", ns=(future, future))
    shades(root)
    del read[:]
    shades(root)
    assert read == ["cat/4.bmp"]


def test_windows_reads_all_files_because_it_has_no_time_of_change(here, settled, read, monkeypatch):
    root = write(here / "photos")
    monkeypatch.setattr(file_contents, "IS_WINDOWS", True)
    for _ in range(2):
        del read[:]
        assert shades(root) == truth()
        assert sorted(read) == sorted(truth())


def stored_hashes():
    (path,) = Path(zoo_home(), "folders").iterdir()
    return path


@pytest.mark.parametrize("damage", ["truncated", "empty", "folder", "changed", "other version"])
def test_damaged_hashes_are_computed_again(here, settled, read, damage):
    root = write(here / "photos")
    shades(root)
    path = stored_hashes()
    content = path.read_bytes()
    head, body = content.split(b"\n")
    changed = json.dumps(json.loads(head) | {"facts": ""}).encode() + b"\n"
    path.unlink()
    match damage:
        case "truncated":
            path.write_bytes(changed + body[:-9])
        case "empty":
            path.touch()
        case "folder":
            path.mkdir()
        case "changed":
            path.write_bytes(changed + body.replace(b"cat/4", b"cat/6", 1))
        case "other version":
            path.write_bytes(json.dumps(json.loads(head) | {"format": 0, "facts": ""}).encode())
    del read[:]
    assert shades(root) == truth()
    assert sorted(read) == sorted(truth())


def test_file_removed_while_folder_is_read_is_an_error(here, monkeypatch):
    root = write(here / "photos")
    hash_file = file_contents.hash_file

    def remove_first(file):
        if file.key == "dog/5.bmp":
            Path(file.path).unlink()
        return hash_file(file)

    monkeypatch.setattr(file_contents, "hash_file", remove_first)
    with pytest.raises(DataError, match=r"photos/dog/5\.bmp changed while it was read"):
        shades(root)
    assert not copies()


@pytest.mark.parametrize("when", ["before it is hashed", "before it is decoded"])
@pytest.mark.parametrize("options", ["", "?on_damaged=skip"])
def test_file_changed_while_folder_is_read_is_an_error(here, monkeypatch, when, options):
    root = write(here / "photos")
    change = lambda: bitmap(root / "dog/5.bmp", 7)  # noqa: E731
    if when == "before it is hashed":
        hash_files = file_contents._hash_files
        monkeypatch.setattr(
            file_contents, "_hash_files", lambda files: (change(), hash_files(files))[1]
        )
    else:
        decode = cached_dataset.decode_splits
        monkeypatch.setattr(
            cached_dataset, "decode_splits", lambda *rest: (change(), decode(*rest))[1]
        )
    with pytest.raises(DataError, match=r"photos/dog/5\.bmp changed while it was read"):
        shades(f"{root}{options}")
    assert not copies()


def test_link_to_another_file_is_read_again(here, settled):
    root = write(here / "photos")
    for name, shade in (("a", 1), ("b", 2)):
        bitmap(here / f"{name}.bmp", shade)
    link = root / "cat/99.bmp"
    link.symlink_to("../../a.bmp")
    assert shades(root)["cat/99.bmp"] == 1
    link.unlink()
    link.symlink_to("../../b.bmp")
    assert shades(root)["cat/99.bmp"] == 2
