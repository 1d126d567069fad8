"""Damaged images: refused or skipped, counted, and all of them named in a file."""

import re
from pathlib import Path

import pytest
from PIL import Image

from zoo_core.errors import DataError
from zoo_core.system.paths import zoo_home
from zoo_images.folders import folder_source

BROKEN = [f"a/{n}.png" for n in range(2, 9)]


@pytest.fixture
def photos(write_photos):
    """Return a folder with 40 images of two classes, 7 of them damaged."""
    folder = write_photos(20)
    for name in BROKEN:
        path = folder / name
        path.write_bytes(path.read_bytes()[:50])
    return folder


def keys(dataset):
    return sorted(key for split in dataset.splits.values() for key in split.examples.keys)


def lists():
    return [*Path(zoo_home(), "damaged-images").glob("*.txt")]


def test_damaged_images_are_refused_and_all_named_in_a_file(photos):
    with pytest.raises(DataError) as caught:
        folder_source.describe("photos?size=8")
    message = str(caught.value)
    assert message.startswith("7 of 40 images of folder:photos?size=8 ")
    assert len(re.findall(r"photos/a/\d\.png", message)) == 5
    assert "and 2 more" in message
    assert message.endswith("use 'folder:photos?size=8&on_damaged=skip'")
    (path,) = lists()
    assert str(path) in message
    named = [re.search(r"a/\d\.png", line)[0] for line in path.read_text().splitlines()]
    assert sorted(named) == BROKEN
    assert not [*Path(zoo_home(), "datasets").iterdir()]


def test_skipped_images_are_counted_and_listed(photos):
    for _ in range(2):  # decoded, then from the copy
        dataset = folder_source.load("photos?on_damaged=skip")
        whole = [f"{name}/{n}.png" for name in "ab" for n in range(20)]
        assert keys(dataset) == sorted(set(whole) - set(BROKEN))
        for split in dataset.splits.values():
            for key, image, label in zip(
                split.examples.keys, split.inputs, split.targets[0], strict=True
            ):
                assert key == f"{'ab'[label]}/{image[0, 0, 0]}.png"
        (path,) = lists()
        assert dataset.facts.damaged == 7
        assert dataset.facts.notes == (f"7 damaged images are skipped and listed in {path}.",)


def test_skipping_moves_no_whole_image_to_another_split(photos):
    before = folder_source.load("photos?on_damaged=skip").splits["test"].examples.keys
    Image.new("L", (4, 3), 2).save(photos / "a/2.png")
    dataset = folder_source.load("photos?on_damaged=skip")
    assert set(dataset.splits["test"].examples.keys) - {"a/2.png"} == set(before)
    assert dataset.facts.damaged == 6


def test_no_damaged_image_leaves_no_list(photos):
    for name in BROKEN:
        (photos / name).unlink()
    dataset = folder_source.load("photos?on_damaged=skip")
    assert (dataset.facts.damaged, dataset.facts.notes, lists()) == (0, (), [])


def test_class_of_damaged_images_only_is_refused(photos):
    for path in (photos / "a").iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"\bof 40\b.*\bno image of a is left in train\b"):
        folder_source.load("photos?on_damaged=skip")
    assert len(lists()[0].read_text().splitlines()) >= 16


def test_higher_limit_on_pixels_skips_fewer_images(photos, monkeypatch):
    Image.new("L", (40, 30)).save(photos / "b/19.png")
    monkeypatch.setenv("ZOO_MAX_PIXELS", "1000")
    assert folder_source.load("photos?on_damaged=skip&size=4").facts.damaged == 8
    monkeypatch.setenv("ZOO_MAX_PIXELS", "2000")
    assert folder_source.load("photos?on_damaged=skip&size=4").facts.damaged == 7
