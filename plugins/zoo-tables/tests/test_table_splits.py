"""Splits of a table: stable, without leaks, or given."""

import pytest

from zoo_core import ZooError
from zoo_tables.table_source import load_csv

HEADER = "k,g,x,s,y\n"
ROWS = [f"k{i},g{i % 20},{i % 40},train,{i}\n" for i in range(200)]


def keys(dataset, split):
    return set(dataset.splits[split].examples.keys)


@pytest.mark.parametrize("options", ["&key=k&drop=g,s", "&drop=k,g,s"])
def test_new_and_removed_rows_and_another_order_move_no_row(write, options):
    write(HEADER + "".join(ROWS))
    before = load_csv(f"t.csv?target=y{options}")
    more = [f"n{i},g,{i},train,{1000 + i}\n" for i in range(30)]
    write(HEADER + "".join([*more, *ROWS[:20:-1]]))
    after = load_csv(f"t.csv?target=y{options}")
    old = keys(before, "train") | keys(before, "test")
    assert keys(after, "test") & old <= keys(before, "test")
    assert keys(after, "train") & old <= keys(before, "train")


def test_the_order_of_the_columns_moves_no_row(write):
    write("a,b,y\n" + "".join(f"{i},{i * i},{i}\n" for i in range(50)))
    before = load_csv("t.csv?target=y")
    write("y,b,a\n" + "".join(f"{i},{i * i},{i}\n" for i in range(50)))
    assert keys(load_csv("t.csv?target=y"), "test") == keys(before, "test")


def test_equal_rows_are_in_one_split(write):
    write("x,y\n" + "".join(f"{i % 25},{i % 25}\n" for i in range(100)))
    dataset = load_csv("t.csv?target=y")
    values = {name: set(split.inputs[:, 0].tolist()) for name, split in dataset.splits.items()}
    assert not values["train"] & values["test"]
    assert sum(map(len, dataset.splits.values())) == 100


def test_a_group_is_in_one_split(write):
    write(HEADER + "".join(ROWS))
    dataset = load_csv("t.csv?target=y&key=k&group=g&drop=s")
    groups = {name: set(split.examples.groups) for name, split in dataset.splits.items()}
    assert groups["train"] and groups["test"]
    assert not groups["train"] & groups["test"]


def test_classes_are_split_one_by_one(write):
    # Four rows each: without strata, some class would have no test row.
    write("x,y\n" + "".join(f"{i},class {i % 20}\n" for i in range(80)))
    for split in load_csv("t.csv?target=y").splits.values():
        assert set(split.targets[0].tolist()) == set(range(20))


def test_a_column_names_the_splits(write):
    names = ["train"] * 6 + ["val"] * 2 + ["Test"] * 2
    write("x,s,y\n" + "".join(f"{i},{name},{i}\n" for i, name in enumerate(names)))
    dataset = load_csv("t.csv?target=y&split=s")
    sizes = {name: len(split) for name, split in dataset.splits.items()}
    assert sizes == {"train": 6, "validation": 2, "test": 2}
    assert dataset.splits["test"].inputs[:, 0].tolist() == [8, 9]


def test_a_file_has_the_test_rows(write):
    write("x,w,y\n" + "".join(f"{i},{'uv'[i % 2]},{i}\n" for i in range(9)))
    write("w,y,x\nu,1,0.5\nv,2,0.25\n", "test.csv")
    dataset = load_csv("t.csv?target=y&test=test.csv")
    assert dataset.splits["test"].inputs.tolist() == [[0.5, 1, 0], [0.25, 0, 1]]
    assert len(dataset.splits["train"]) == 9


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ("1,weird,1\n2,train,2\n3,test,3\n", "&split=s", "row 2 .* unknown split 'weird'"),
        ("1,train,1\n2,train,2\n3,train,3\n", "&split=s", "no rows of the split test"),
        ("1,train,1\n2,,2\n3,test,3\n", "&split=s&group=x", None),
        ("1,train,1\n1,test,2\n3,test,3\n", "&split=s&group=x", "group '1' .* train and in test"),
        ("1,a,1\n2,b,2\n3,a,3\n", "&test=none.csv", "there is no file .*none.csv"),
        ("1,a,1\n2,b,2\n3,a,3\n", "&test=bad.csv", "bad.csv has no column x"),
        ("1,a,1\n2,b,2\n3,a,3\n", "&test=late.csv", "row 3 of .*late.csv has no value"),
    ],
)
def test_faults_of_given_splits(write, rows, options, message):
    write(
        "x,s,y\n" + rows
        if "group" not in options
        else "x,s,y,z\n"
        + rows.replace("\n", ",1\n", 1).replace("\n", ",2\n").replace(",1,2\n", ",1\n")
    )
    write("s,y\na,1\n", "bad.csv")
    write("x,s,y\n1,a,1\n2,a,\n", "late.csv")
    if message is None:
        assert len(load_csv(f"t.csv?target=y{options}").splits["train"]) == 2
        return
    with pytest.raises(ZooError, match=message):
        load_csv(f"t.csv?target=y{options}")


def test_test_rows_that_are_training_rows_are_said(write):
    write("x,s,y\n1,train,1\n2,train,2\n1,test,1\n3,test,3\n")
    assert (
        "1 test row is also among the training rows."
        in load_csv("t.csv?target=y&split=s").facts.notes
    )
