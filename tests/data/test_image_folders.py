"""The rule for image files in folders: by suffix, regular, not hidden."""

import os
import socket

import pytest
from PIL import Image

from zoo_core.data.images import heif
from zoo_core.data.images.folders import SUFFIXES, Reason, find_images
from zoo_core.errors import DataError


def found(folder):
    """Return the paths of the images below a folder, and the reasons of the others by name."""
    left_out = {}
    images = find_images(folder, lambda each: left_out.update({each.path: each.reason}))
    inside = sorted(image.inside for image in images)
    return inside, {os.path.relpath(path, folder): reason for path, reason in left_out.items()}


@pytest.fixture
def write(tmp_path):
    def write_all(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return write_all


def test_images_are_found_by_suffix_at_any_depth(write):
    folder = write("a.png", "b.JPG", "c/d.tiff", "c/e/f.WebP", "c/e/g.h.bmp")
    assert found(folder) == (["a.png", "b.JPG", "c/d.tiff", "c/e/f.WebP", "c/e/g.h.bmp"], {})


def test_hidden_files_and_those_of_systems_are_ignored(write):
    folder = write(
        "a.png",
        *(".b.png", "._a.png", ".ipynb_checkpoints/a-checkpoint.png", "c/.git/d.png"),
        *("__MACOSX/a.png", "c/@eaDir/a.png", "Thumbs.db", "c/desktop.ini", "$RECYCLE.BIN/a.png"),
    )
    assert found(folder) == (["a.png"], {})


def test_other_files_are_left_out_with_reason(write):
    others = ("notes.txt", "scan.pdf", "b/figure.eps", "noend", "movie.mpeg", "c.png.part")
    folder = write("a.png", *others)
    assert found(folder) == (["a.png"], dict.fromkeys(others, Reason.NOT_AN_IMAGE))


def test_links_to_files_are_followed_and_links_to_folders_left_out(write, tmp_path_factory):
    folder = write("a/b.png")
    other = tmp_path_factory.mktemp("other")
    (other / "c.png").touch()
    (folder / "linked.png").symlink_to(other / "c.png")
    (folder / "circle").symlink_to(folder)
    (folder / "folder.png").symlink_to(other)
    images, left_out = found(folder)
    assert images == ["a/b.png", "linked.png"]
    assert left_out == dict.fromkeys(("circle", "folder.png"), Reason.LINKED_FOLDER)


def test_broken_link_counts_as_image_so_that_it_is_reported(write):
    folder = write("a.png")
    (folder / "gone.png").symlink_to("nowhere")
    (folder / "self.png").symlink_to("self.png")
    assert found(folder) == (["a.png", "gone.png", "self.png"], {})


def test_special_files_are_left_out_without_being_opened(write, monkeypatch):
    folder = write("a.png")
    os.mkfifo(folder / "pipe.png")
    os.mkfifo(folder / "pipe.txt")
    monkeypatch.chdir(folder)  # because the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")
        images, left_out = found(folder)
    assert images == ["a.png"]
    assert left_out == {
        "pipe.png": Reason.NOT_REGULAR,
        "pipe.txt": Reason.NOT_AN_IMAGE,
        "socket.png": Reason.NOT_REGULAR,
    }


@pytest.mark.parametrize("installed", [True, False])
def test_heic_is_an_image_if_its_package_is_installed(write, monkeypatch, installed):
    monkeypatch.setattr(heif, "is_installed", lambda: installed)
    folder = write("a.heic", "b.HEIF", "c.avif")
    images, left_out = found(folder)
    assert images == (["a.heic", "b.HEIF", "c.avif"] if installed else ["c.avif"])
    assert left_out == ({} if installed else dict.fromkeys(("a.heic", "b.HEIF"), Reason.NEEDS_HEIF))


def test_unreadable_folder_is_named(write):
    with pytest.raises(DataError, match=r"folder .*/none cannot be read: No such file"):
        found(write("a.png") / "none")


def test_suffixes_are_of_pictures_that_pillow_reads():
    Image.init()
    known = Image.registered_extensions()
    assert {known.get(suffix) for suffix in SUFFIXES - heif.SUFFIXES} <= {
        *("AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "MPO", "PCX", "PNG", "PPM", "QOI"),
        *("SGI", "TGA", "TIFF", "WEBP"),
    }
