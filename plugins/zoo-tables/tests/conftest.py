"""Fixtures of these tests: a working directory, and a function that writes tables into it."""

import pytest


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that writes a file into the working directory, an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def write(text, name="t.csv"):
        path = tmp_path / "here" / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def houses(write):
    """Return the path of a table with 60 rows: area, rooms, town and price."""
    towns = ("Bonn", "Kiel", "Ulm")
    rows = (f"h{i},{40 + 7 * i % 90},{1 + i % 5},{towns[i % 3]},{37 * i % 500}" for i in range(60))
    return write("\n".join(["id,area,rooms,town,price", *rows, ""]), "houses.csv")
