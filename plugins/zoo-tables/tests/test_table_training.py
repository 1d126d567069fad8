"""From a table to predictions beside its columns."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import zoo_core as zoo

pytestmark = pytest.mark.requires("zoo-numpy")

HOUSES = "id,area,rooms,town,price\n" + "".join(
    f"h{i},{40 + 7 * i % 90},{1 + i % 5},{('Bonn', 'Kiel', 'Ulm')[i % 3]},{1000 + 37 * i % 500}\n"
    for i in range(60)
)

ADDRESS = "csv:houses.csv?target=price&drop=id&unit=EUR"


PLUGINS = "zoo-numpy,zoo-tables,zoo-mnist"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a folder with a table and two runs: run, which fills missing numbers, and strict."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "houses.csv").write_text(HOUSES)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("ZOO_HOME", str(folder / "home"))
        patch.setenv("ZOO_PLUGINS", PLUGINS)
        zoo.train("numpy-net", dataset=ADDRESS, out="run", epochs=2, missing="mean")
        zoo.train("numpy-net", dataset=ADDRESS, out="strict", epochs=1)
    return folder


@pytest.fixture
def folder(trained, monkeypatch):
    """Return the folder of the runs, which is the working directory."""
    monkeypatch.chdir(trained)
    monkeypatch.setenv("ZOO_PLUGINS", PLUGINS)
    return trained


@pytest.fixture
def predict(cli, folder):
    """Return a function that runs `zoo predict` there, for the text of a file."""

    def predict(text, *options, run="run", name="rows.csv"):
        if text is not None:
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return cli("predict", run, name, *options, cwd=folder)

    return predict


def test_the_recipe_is_the_one_for_tables(folder):
    card = json.loads((folder / "run" / "card.json").read_text())
    assert card["recipe_name"] == "default@features"
    assert card["metrics"]["test"]["r2"]


def test_predictions_beside_the_columns(folder, predict):
    rows = [*csv.DictReader(io.StringIO(predict(HOUSES, "--csv", name="houses.csv").out))]
    assert len(rows) == 60
    assert [*rows[0]] == ["id", "area", "rooms", "town", "price", "value"]
    pretrained = zoo.load(folder / "run")
    records = [{**row, "area": float(row["area"]), "rooms": float(row["rooms"])} for row in rows]
    inputs = zoo.read_rows(pretrained, records)
    values = pretrained.predict(inputs).heads[0].values
    assert [float(row["value"]) for row in rows] == pytest.approx(values.tolist())
    assert np.array_equal(inputs, zoo.read_rows(pretrained, folder / "houses.csv"))


def test_text_json_and_other_formats_agree(folder, predict):
    table = pa.table({"area": [None], "rooms": [2], "town": ["Ulm"]})
    parquet.write_table(table, folder / "rows.parquet")
    results = [
        predict('{"town": "Ulm", "rooms": 2, "area": null}\n', "--json", name="rows.jsonl"),
        predict(None, "--json", name="rows.parquet"),
        predict("town;rooms;area\nUlm;2;\n", "--json"),
    ]
    found = [result.json["predictions"][0] for result in results]
    assert found[0]["values"] == found[1]["values"] == found[2]["values"]
    assert found[0]["units"] == ["EUR"]
    assert predict(None).out.startswith("row 2: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("area,rooms\n1,2\n", "no column town, which the model was trained with"),
        ("area,rooms,town\n1,2,Rom\n", "row 2, column 'town': expected one of Bonn, Kiel, Ulm"),
        ("area,rooms,town\n1,2,Ulm\nx,2,Ulm\n", "row 3, column 'area': expected a number, got 'x'"),
        ("area,rooms,town\n1,2\n", "row 2: expected 3 cells as in the header, got 2"),
        ("", "rows.csv is empty"),
        (b"area,rooms,town\n\xff,2,Ulm\n", "rows.csv is not UTF-8"),
    ],
)
def test_one_error_per_fault(predict, text, message):
    result = predict(text)
    assert result.code == 1
    assert message in result.err
    assert result.err.count("zoo: ") == 1


def test_a_missing_file(predict):
    result = predict(None, name="none.csv")
    assert (result.code, "none.csv cannot be read: No such file" in result.err) == (1, True)


def test_good_rows_are_predicted_beside_wrong_ones(predict):
    result = predict("area,rooms,town\n1,2,Ulm\nx,2,Ulm\n3,2,Kiel\n", "--csv")
    assert result.code == 1
    assert [line.split(",")[0] for line in result.out.splitlines()] == ["area", "1", "3"]
    assert result.err.count("expected a number") == 1


def test_missing_numbers_are_refused_by_weights_that_do_not_fill_them(predict):
    result = predict("area,rooms,town\n,2,Ulm\n", run="strict")
    assert result.code == 1
    assert "row 2, column 'area': expected a number, got none" in result.err


@pytest.mark.parametrize("place", ["t.csv", "test.csv"])
def test_a_missing_number_is_named_by_its_row(write, cli, place):
    """As a spreadsheet counts, in the table and in the file with the test rows."""
    text = "a,y\n" + "".join(f"{number},{number}\n" for number in range(20))
    for name in ("t.csv", "test.csv"):
        write(text.replace("13,13\n", ",13\n") if name == place else text, name)
    done = cli(
        "train", "numpy-net", "--dataset", "csv:t.csv?target=y&test=test.csv", cwd=Path.cwd()
    )
    assert done.code == 1
    split = "train" if place == "t.csv" else "test"
    problem = f"1 input of split '{split}' is missing or infinite, in row 15 of the file, a: nan"
    assert problem in done.err


def test_info_shows_columns_target_and_missing_values(write, cli):
    path = write("a,w,y\n" + "".join(f"{i or ''},{'uv'[i % 2]},{i}\n" for i in range(20)))
    shown = cli("info", "csv:t.csv?target=y&unit=km", cwd=path.parent).out
    assert re.search(r"(?m)^  a +numbers\n  w +u, v$", shown)
    for text in ("1 number in km", "Target y: ", "km, mean", "Missing numbers: a (1)"):
        assert text in shown
    assert "image" not in shown


def test_a_table_without_a_source_is_explained(write, cli):
    path = write(HOUSES)
    result = cli("train", "numpy-net", "--dataset", "t.csv", cwd=path.parent)
    assert "--dataset 'csv:./t.csv?target=COLUMN'" in result.err
