"""Stored copies of tables, places of their files, and Parquet."""

import datetime

import pyarrow as pa
import pytest
from pyarrow import parquet

from zoo_core import Column, ZooError
from zoo_core.plugin_api import find_dataset, installed_catalog
from zoo_tables.table_source import describe_csv, load_csv, load_parquet


def test_another_content_has_another_checksum_and_a_moved_file_the_same(houses):
    before = describe_csv("houses.csv?target=price")
    houses.rename(houses.with_name("moved.csv"))
    assert describe_csv("moved.csv?target=price").sha256 == before.sha256
    moved = houses.with_name("moved.csv")
    moved.write_text(moved.read_text().replace("Ulm", "Rom", 1))
    assert describe_csv("moved.csv?target=price").sha256 != before.sha256


def test_a_file_is_found_in_the_data_folder(houses, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    houses.rename(tmp_path / "data" / "far.csv")
    with pytest.raises(ZooError, match="there is no file .*far.csv"):
        load_csv("far.csv?target=price")
    monkeypatch.setenv("ZOO_DATA", str(tmp_path / "data"))
    assert describe_csv("far.csv?target=price").place == (f"{tmp_path}/data/far.csv?target=price")


def test_the_copy_is_used_when_the_file_is_gone(houses, capsys):
    spec = describe_csv("houses.csv?target=price")
    houses.unlink()
    found = find_dataset(installed_catalog(), spec.name, place=spec.place, sha256=spec.sha256)
    assert found.spec.input == spec.input
    assert "its copy" in capsys.readouterr().err


def test_parquet(write, tmp_path):
    table = pa.table(
        {
            "n": [1, None, 3, 4, 5],
            "w": pa.array(["b", "a", None, "b", "a"]).dictionary_encode(),
            "t": [True, False, True, False, True],
            "y": [1.5, 2.5, 3.5, 4.5, 5.5],
        }
    )
    write("")
    parquet.write_table(table, "t.parquet")
    dataset = load_parquet("t.parquet?target=y")
    assert dataset.input_spec.columns == (
        Column(name="n"),
        Column(name="w", categories=("", "a", "b")),
        Column(name="t", categories=("false", "true")),
    )
    with pytest.raises(ZooError, match="row 3 of t.parquet has no value in the target 'w'"):
        load_parquet("t.parquet?target=w")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1], [2], [3]], "values of type list.* in x.*drop=x"),
        ([{"a": 1}] * 3, "values of type struct.* in x.*drop=x"),
        ([datetime.date(2020, 1, day) for day in (1, 2, 3)], "dates or times in x"),
    ],
)
def test_values_that_are_no_features(write, values, message):
    write("")
    parquet.write_table(pa.table({"x": values, "y": [1, 2, 3]}), "t.parquet")
    with pytest.raises(ZooError, match=message):
        load_parquet("t.parquet?target=y")


def test_a_damaged_parquet_file(write):
    write("not parquet", "t.parquet")
    with pytest.raises(ZooError, match="t.parquet cannot be read as Parquet"):
        load_parquet("t.parquet?target=y")
