"""Columns of a table as features and targets."""

import numpy as np
import pytest

from zoo_core import Column, TargetSpec, ZooError
from zoo_tables.table_source import describe_csv, load_csv


def all_rows(dataset, head=None):
    """Return the inputs, or the targets of a head, of all splits in the order of their keys."""
    splits = dataset.splits.values()
    keys = [key for split in splits for key in split.examples.keys]
    parts = [split.inputs if head is None else split.targets[head] for split in splits]
    return np.concatenate(parts)[np.argsort(keys, kind="stable")]


def test_numbers_and_words_become_features(write):
    write("k,b,a\n" + "".join(f"{i:02},{i}.5,{'yx'[i % 2]}\n" for i in range(10)))
    dataset = load_csv("t.csv?target=b&key=k&categorical=a")
    assert dataset.input_spec.columns == (Column(name="a", categories=("x", "y")),)
    assert all_rows(dataset).tolist() == [[0, 1], [1, 0]] * 5
    assert all_rows(dataset, 0).tolist() == [i + 0.5 for i in range(10)]


def test_a_target_is_of_words_or_of_numbers_unless_said(houses):
    both = describe_csv("houses.csv?target=town,price&drop=id&unit=EUR")
    assert both.targets == (
        TargetSpec(task="classification", name="town", classes=("Bonn", "Kiel", "Ulm")),
        TargetSpec(task="regression", name="price", unit="EUR"),
    )
    (rooms,) = describe_csv("houses.csv?target=rooms&drop=id&task=classification").targets
    assert (rooms.task, rooms.classes) == ("classification", ("1", "2", "3", "4", "5"))


def test_names_of_classes_are_in_natural_order(write):
    write("x,y\n" + "".join(f"{i},grade {i % 11}\n" for i in range(44)))
    (target,) = describe_csv("t.csv?target=y").targets
    assert target.classes == tuple(f"grade {i}" for i in range(11))


def test_columns_of_labels_are_one_head(write):
    write("x,red,big,y\n" + "".join(f"{i},{i % 2},{i % 3 == 0},{i}\n" for i in range(12)))
    dataset = load_csv("t.csv?target=red,big,y&task=multi-label,multi-label,regression")
    labels, number = dataset.targets
    assert labels == TargetSpec(task="multi-label", classes=("red", "big"))
    assert number.task == "regression"
    train = dataset.splits["train"]
    x = train.inputs[:, 0].astype(int)
    assert train.targets[0].tolist() == [[i % 2, i % 3 == 0] for i in x]


def test_a_missing_number_is_nan_and_a_missing_word_is_a_category(write):
    write("k,a,w,y\n0,1,u,0\n1,NA,,1\n2,?,v,2\n3,4,u,3\n4,5,u,4\n")
    dataset = load_csv("t.csv?target=y&key=k&missing=?")
    assert dataset.input_spec.columns[1].categories == ("", "u", "v")
    inputs = all_rows(dataset)
    assert np.isnan(inputs[:, 0]).tolist() == [False, True, True, False, False]
    assert inputs[1, 1:].tolist() == [1, 0, 0]
    assert "Missing numbers: a (2)" in dataset.facts.notes[1]


def test_whole_numbers_in_the_first_block_and_fractions_later(write):
    # More than Arrow's block of 1 MiB, so that types have to follow from every block.
    write("x,y\n" + "".join(f"{i},1{i:020}\n" for i in range(60_000)) + "0.5,7\n")
    dataset = load_csv("t.csv?target=y")
    assert dataset.input_spec.columns == (Column(name="x"),)
    assert 0.5 in np.concatenate([split.inputs for split in dataset.splits.values()])


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_delimiter_is_found(write, mark):
    write(
        "\n".join(mark.join(row) for row in [("a", "b,c"), *((str(i), str(i)) for i in range(9))])
    )
    assert load_csv("t.csv?target=a").input_spec.columns == (Column(name="b,c"),)


def test_cells_with_quotes_line_breaks_and_a_byte_order_mark(write):
    rows = "".join(f'{i},"a, ""b""\n{i % 2}"\n' for i in range(9))
    write(b"\xef\xbb\xbfx,w\n" + rows.encode())
    (column,) = load_csv("t.csv?target=x").input_spec.columns
    assert column.categories == ('a, "b"\n0', 'a, "b"\n1')


def test_a_column_without_a_name_is_left_out(write):
    write(",a,y\n" + "".join(f"{i},{i * i},{i}\n" for i in range(9)))
    dataset = load_csv("t.csv?target=y")
    assert [each.name for each in dataset.input_spec.columns] == ["a"]
    assert "Left out: column 1, which has no name." in dataset.facts.notes


ROWS = "".join(f"{i},{'uv'[i % 2]},{i}\n" for i in range(9))


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", "", "t.csv is empty"),
        ("\n\n", "", "cannot be parsed as CSV|no rows"),
        ("a,w,y\n", "", "no rows below its header"),
        ("1,2,3\n" * 9, "", "has no header: its first row has only numbers"),
        ("a,a,y\n" + ROWS, "", "several columns a"),
        ("a,w,y\n" + ROWS + "1,2\n", "", "row 11 of t.csv has 2 cells, expected 3"),
        ("a,w,y\n" + ROWS + "1,2,3,4\n", "", "row 11 of t.csv has 4 cells, expected 3"),
        (b"a,w,y\n1,\xff,2\n2,u,3\n", "", "row 2, column 'w' of t.csv is not UTF-8"),
        ("a,w,y\n1,x,2\n".encode("utf-16"), "", "t.csv is not UTF-8"),
        ("a,w,z\n" + ROWS, "", "no column 'y'"),
        ("a,w,y\n" + ROWS, "&drop=b", "no column 'b'"),
        ("a,w,y\n" + ROWS + "1,u,\n", "", "row 11 of t.csv has no value in the target 'y'"),
        ("a,w,y\n" + ROWS + "1,u,inf\n", "", "row 11 of t.csv has an infinite value"),
        ("a,w,y\n" + ROWS + "1,u,x\n", "&task=regression", "has words, expected numbers"),
        ("a,w,y\n" + ROWS, "&task=multi-label", "neither 0 nor 1 in the target 'y'"),
        ("a,w,y\n1,u,5\n2,v,5\n3,u,5\n", "", "target 'y' .* the same value in all rows: 5"),
        ("a,w,y\n1,u,z\n2,v,z\n3,u,z\n", "", "target 'y' .* the same value in all rows: z"),
        ("a,w,y\n7,u,1\n7,v,2\n7,u,3\n", "", "'a' .* the same value in all rows: 7.*drop=a"),
        ("a,w,y\n1,u,1\n2,u,2\n3,u,3\n", "", "'w' .* the same value in all rows: u.*drop=w"),
        ("y\n1\n2\n3\n", "", "no column beside the target"),
        ("a,w,y\n,u,1\n,v,2\n,u,3\n", "", "no values in a.*drop=a"),
        ("a,w,y\n2020-01-31,u,1\n2020-02-01,v,2\n", "", "dates or times in a.*drop=a"),
        ("a,w,y\n1,u,1\n2,v,2\n", "", "at least 3 different rows"),
        (
            "a,w,y\n" + "".join(f"{i},{'uv'[i % 2]},{i}\n" for i in range(9)) + "?,u,1\n",
            "",
            "'a' .* has numbers, and the words \\?.*missing=\\?.*categorical=a",
        ),
        (
            "a,w,y\n" + "".join(f"{i},name {i},{i}\n" for i in range(101)),
            "",
            "'w' .* 101 categories.*drop=w.*max_categories=101",
        ),
        (
            "a,w,y\n" + "".join(f"{i},{'uv'[i % 2]},c{i}\n" for i in range(101)),
            "",
            "101 classes.*max_categories=101",
        ),
        ("a,w,y\n" + ROWS, "&key=w", "row 2 of t.csv and row 4 of t.csv have the same key 'u'"),
        ("a,w,y\n1,u,p\n2,v,q\n3,u,r\n", "", "no training row has the class"),
    ],
)
def test_one_clear_error(write, text, options, message):
    write(text)
    with pytest.raises(ZooError, match=message) as caught:
        load_csv(f"t.csv?target=y{options}")
    assert "\n" not in str(caught.value)


def test_a_table_larger_than_memory_is_refused(houses, monkeypatch):
    monkeypatch.setattr("zoo_tables.files.available_memory", lambda: 1000)
    with pytest.raises(ZooError, match="houses.csv does not fit into memory"):
        load_csv("houses.csv?target=price")
