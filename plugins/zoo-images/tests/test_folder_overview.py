"""The table of a folder of images, with its warnings, and examples on a terminal."""

import re

import numpy as np
import pytest
from PIL import Image

SHORT = ("--epochs", 1, "--set", "batch_size=4", "--out", "run")


def photo(seed, size=(24, 24)):
    """Return a picture with large, smooth patches, height x width."""
    gray = np.random.default_rng(seed).integers(0, 256, (6, 6), np.uint8)
    return Image.fromarray(gray).resize(size[::-1])


@pytest.fixture
def write(tmp_path):
    """Return a function that writes pictures by their paths, as PNG or JPEG."""

    def write_all(files):
        for name, picture in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            picture.save(path)

    return write_all


@pytest.fixture
def pets(write):
    """Write the folder pets: 6 pictures of cats and of dogs in each split."""
    write(
        {
            f"pets/{split}/{name}/{number}.png": photo(100 * row + number)
            for row, (split, name) in enumerate(
                (split, name) for split in ("train", "val", "test") for name in ("cat", "dog")
            )
            for number in range(6)
        }
    )


def warnings(cli, dataset):
    done = cli("info", dataset, "--json")
    assert done.code == 0, done.err
    return done.json["warnings"]


def test_folder_without_faults_has_no_warning(cli, pets):
    assert warnings(cli, "folder:pets") == []
    assert warnings(cli, "folder:pets?size=16") == []


def test_training_on_folder_shows_counts_and_what_is_left_out(cli, pets, tmp_path):
    (tmp_path / "pets/train/cat/notes.txt").write_text("")
    (tmp_path / "pets/train/dog/link").symlink_to(tmp_path)
    done = cli("train", "softmax", "--dataset", "folder:pets", *SHORT)
    assert done.code == 0, done.err
    rows = [line.split() for line in done.err.split("\n")]
    assert ["cat", "6", "6", "6"] in rows and ["total", "12", "12", "12"] in rows
    (left_out,) = (line for line in done.err.split("\n") if line.startswith("Left out: "))
    assert re.search(r"link.*: 1;.*suffix: 1|suffix: 1;.*link.*: 1", left_out)
    assert "Warning" not in done.err


def test_folder_with_faults_warns_of_each(cli, pets, write):
    write(
        {
            "pets/test/cat/same.png": photo(0),  # train/cat/0.png
            "pets/val/dog/again.jpg": photo(101),  # train/dog/1.png, compressed
            "pets/train/cat/wrong.png": photo(102),  # train/dog/2.png
            "pets/train/bird/0.png": photo(999),
        }
    )
    cut = [re.sub(r", such as .*", "", warning) for warning in warnings(cli, "folder:pets")]
    assert cut == [
        "no validation image of bird",
        "no test image of bird",
        "only 1 training image of bird",
        "2 images with equal pixels in different classes",
        "1 test image equal to an image of another split",
        "1 validation image nearly equal to an image of another split",
    ]


def test_folder_of_several_sizes_warns_of_resized_and_enlarged_images(cli, pets, write):
    write(
        {"pets/train/cat/small.png": photo(7, (10, 12)), "pets/test/dog/6.png": photo(8, (9, 60))}
    )
    assert warnings(cli, "folder:pets?size=20&channels=1") == [
        "images of 3 sizes, height x width, from 10x12 to 24x24, are resized to 20x20",
        "1 image enlarged to 20x20",
    ]


def test_damaged_images_are_counted(cli, pets, tmp_path):
    (tmp_path / "pets/train/cat/0.png").write_bytes(b"not a picture")
    done = cli("train", "softmax", "--dataset", "folder:pets?on_damaged=skip", *SHORT)
    assert done.code == 0, done.err
    assert re.search(r"^(Damaged: )?1 (damaged )?image", done.err, re.MULTILINE)
    assert cli("info", "folder:pets?on_damaged=skip", "--json").json["damaged"] == 1
    assert "- Left out: damaged files: 1\n" in (tmp_path / "run/card.md").read_text()


def test_info_draws_examples_on_terminal_only(cli, in_terminal, pets):
    code, shown = in_terminal("info", "folder:pets")
    assert code == 0
    assert "\u2580" in shown and "total" in shown
    assert "\u2580" not in cli("info", "folder:pets").out
