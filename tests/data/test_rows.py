"""Rows of tables in files, and their encoding with a model's columns."""

import csv
import io
import json
import math

import pytest
from hypothesis import given, strategies as st

from zoo_core.data.tables.row_encoder import RowEncoder
from zoo_core.data.tables.rows import open_rows, record_rows
from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import Column, InputSpec

SPEC = InputSpec(
    kind="features",
    shape=(3,),
    columns=(Column(name="size"), Column(name="town", categories=("Kiel", "Ulm"))),
)


def read(path, text, **options):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    file = open_rows(path, **options)
    return file.columns, [row if isinstance(row, DataError) else (*row,) for row in file.rows()]


def test_csv_and_json_lines_have_the_same_rows(tmp_path):
    columns, rows = read(tmp_path / "a.csv", "a;b,c\n1;x\n\n2;y\n")
    assert (columns, rows) == (("a", "b,c"), [(2, ["1", "x"]), (4, ["2", "y"])])
    columns, rows = read(tmp_path / "a", '\n{"a": 1, "b": "x"}\n\n{"b": null}\n')
    assert (columns, rows) == (("a", "b"), [(1, [1, "x"]), (3, [None, None])])


def test_a_row_that_cannot_be_parsed_is_an_error_in_its_place(tmp_path):
    _, rows = read(tmp_path / "a.csv", "a,b\n1\n2,3\n")
    assert str(rows[0]).startswith(f"{tmp_path / 'a.csv'}, row 2: expected 2 cells")
    assert rows[1] == (3, ["2", "3"])
    _, rows = read(tmp_path / "a.jsonl", '{"a": 1}\n[]\n{\n')
    assert ["row 2: expected a JSON object" in str(rows[1]), "row 3: not JSON" in str(rows[2])] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a,a\n1,2\n", "several columns a"),
        (b"a\n\xff\n", "not UTF-8"),
        ('a,b\n"1,2\n', "not CSV"),
    ],
)
def test_a_file_that_is_no_table(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path / "a.csv", text)


@given(st.lists(st.tuples(st.text(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_csv_that_python_writes_is_read(tmp_path_factory, cells):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([("w", "x"), *cells])
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    _, rows = read(path, text.getvalue().encode("utf-8", "surrogatepass"))
    assert [(word, float(number)) for _, (word, number) in rows] == cells


@pytest.mark.parametrize(
    ("cells", "features"),
    [
        (["ignored", " 2.5 ", "Ulm"], [2.5, 0, 1]),
        (["", 3, " Kiel "], [3, 1, 0]),
        (["", "-1e3", "Ulm"], [-1000, 0, 1]),
    ],
)
def test_a_row_is_encoded_by_the_names_of_its_columns(cells, features):
    encoder = RowEncoder(SPEC, ("note", "size", "town"), "t.csv", fills=False)
    assert encoder.encode(2, cells) == features


@pytest.mark.parametrize("cell", ["", "NA", None, " nan "])
def test_missing_numbers_are_filled_or_refused(cell):
    filled, strict = (RowEncoder(SPEC, ("size", "town"), "t", fills=each) for each in (True, False))
    assert math.isnan(filled.encode(2, [cell, "Ulm"])[0])
    with pytest.raises(DataError, match="t, row 2, column 'size': expected a number, got none"):
        strict.encode(2, [cell, "Ulm"])


@pytest.mark.parametrize("cell", ["x", "1_000", "inf", "1,5", True, [1], 10**400])
def test_a_cell_that_is_not_a_number(cell):
    encoder = RowEncoder(SPEC, ("size", "town"), "t", fills=True)
    with pytest.raises(DataError, match="row 7, column 'size': expected a number, got "):
        encoder.encode(7, [cell, "Ulm"])


@pytest.mark.parametrize("cell", ["ulm", "", None, 1])
def test_an_unknown_category(cell):
    encoder = RowEncoder(SPEC, ("size", "town"), "t", fills=True)
    with pytest.raises(DataError, match="row 7, column 'town': expected one of Kiel, Ulm, got "):
        encoder.encode(7, [1, cell])


@pytest.mark.parametrize(
    ("categories", "cell", "code"),
    [
        (("False", "True"), True, 1),
        (("false", "true"), "True", 1),
        (("1", "2"), 2, 1),
        (("1", "2"), "2.0", 1),
        (("1.0", "2.5"), 1, 0),
        (("", "a"), None, 0),
    ],
)
def test_a_category_is_found_by_text_or_value(categories, cell, code):
    spec = InputSpec(
        kind="features", shape=(2,), columns=(Column(name="c", categories=categories),)
    )
    assert RowEncoder(spec, ["c"], "t", fills=False).encode(1, [cell]).index(1) == code


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="t has no column town, .* Did you mean 'towns'"):
        RowEncoder(SPEC, ("size", "towns"), "t", fills=False)
    # Nothing can be chosen: the columns that are there only help to find the mistake.
    with pytest.raises(DataError, match=r"trained with\. It has the columns: depth, soil\.$"):
        RowEncoder(SPEC, ("depth", "soil"), "t", fills=False)


def test_numbers_in_order_for_a_model_without_named_columns(tmp_path):
    spec = InputSpec(kind="features", shape=(2,))
    columns, rows = read(tmp_path / "a.csv", "1,2\n3,4\n", named=False)
    assert [row[1] for row in rows] == [["1", "2"], ["3", "4"]]
    encoder = RowEncoder(spec, columns, "t", fills=False)
    assert encoder.encode(1, ["a name", "5", 6]) == [5, 6]
    with pytest.raises(DataError, match="row 1: expected 2 numbers, got 1"):
        encoder.encode(1, ["x", "5"])


def test_records_are_rows():
    file = record_rows([{"size": 1, "town": "Ulm"}, {"town": "Kiel", "size": 2}], "rows")
    assert [*file.rows()] == [(1, [1, "Ulm"]), (2, [2, "Kiel"])]
    with pytest.raises(DataError, match="rows has no rows"):
        record_rows([], "rows")
    assert json.dumps(file.columns) == '["size", "town"]'
