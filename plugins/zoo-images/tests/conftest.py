"""Fixtures of these tests: an empty working directory, and a folder of small images."""

import pytest
from PIL import Image


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return the working directory, an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def write_photos(tmp_path, monkeypatch):
    """Return a function that writes images of two classes into the folder photos, here."""
    monkeypatch.chdir(tmp_path)

    def write(per_class):
        for name in "ab":
            (tmp_path / "photos" / name).mkdir(parents=True)
            for n in range(per_class):
                Image.new("L", (4, 3), n).save(tmp_path / "photos" / name / f"{n}.png")
        return tmp_path / "photos"

    return write
