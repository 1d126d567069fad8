"""The source files: images that stay where they are, with labels from CSV or JSON lines."""

import csv
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from zoo_core import class_targets
from zoo_core.data.splits import training_data
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.recipes.recipe import Recipe
from zoo_images import cached_dataset
from zoo_images.address import parse_address
from zoo_images.tables import files_source
from zoo_images.tables.labels_file import OPTIONS, read_labels


@pytest.fixture
def here(here):
    """Return the working directory with 30 images in the folder scans; number = gray level."""
    (here / "scans").mkdir()
    for n in range(30):
        Image.fromarray(np.full((3, 4), n, np.uint8)).save(f"scans/{n}.png")
    return here


ROWS = [(f"scans/{n}.png", "cat" if n % 3 else "dog") for n in range(30)]


def write(name="labels.csv", rows=ROWS, header=("file", "class"), delimiter=",", encoding="utf-8"):
    """Write a file with labels, and return its address."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    Path(name).write_bytes(text.getvalue().encode(encoding))
    return name


def found(address="labels.csv"):
    """Return key -> (gray level, class, split) of the images of a data set."""
    dataset = files_source.load(address)
    (classes,) = (target.classes for target in dataset.targets)
    return {
        key: (int(image[0, 0, 0]), classes[label], name)
        for name, split in dataset.splits.items()
        for key, image, label in zip(
            split.examples.keys, split.inputs, split.targets[0], strict=True
        )
    }


def labels(address="labels.csv"):
    return {key: (shade, label) for key, (shade, label, _) in found(address).items()}


TRUTH = {path: (n, label) for n, (path, label) in enumerate(ROWS)}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_labels_images_with_any_delimiter_and_byte_order_mark(here, delimiter, encoding):
    assert labels(write(delimiter=delimiter, encoding=encoding)) == TRUTH


@pytest.mark.parametrize("name", ["labels.jsonl", "LABELS.NDJSON"])
def test_json_lines_label_images(here, name):
    lines = [json.dumps({"image": path, "target": label}) for path, label in ROWS]
    Path(name).write_text("\n".join(lines) + "\n\n")
    assert labels(name) == TRUTH


def test_spec_describes_labels(here):
    spec = files_source.describe(write() + "?size=5")
    assert (spec.name, spec.input.shape, spec.targets) == (
        "files:labels.csv?size=5",
        (1, 5, 5),
        class_targets(("cat", "dog")),
    )
    assert sum(spec.sizes.values()) == 30
    assert spec.source == f"the labels in {here}/labels.csv"
    assert spec.place == f"{here}/labels.csv?size=5"
    assert spec.sha256 == files_source.load(spec.place).sha256()


def test_columns_are_named_by_options(here):
    rows = [(label, path, "x") for path, label in ROWS]
    write(rows=rows, header=("breed", "where", "file"))
    assert labels("labels.csv?path=where&label=breed") == TRUTH


def test_paths_are_relative_to_label_file_or_absolute(here, monkeypatch, tmp_path):
    rows = [(str(here / path) if n % 2 else path, label) for n, (path, label) in enumerate(ROWS)]
    write(rows=rows)
    expected = {rows[n][0]: value for n, value in enumerate(TRUTH.values())}
    assert labels() == expected
    monkeypatch.chdir(tmp_path)
    assert labels("here/labels.csv") == expected
    monkeypatch.chdir("/")
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    assert labels("here/labels.csv") == expected


def test_labels_that_are_numbers_are_in_natural_order(here):
    write(rows=[(path, n % 11) for n, (path, _) in enumerate(ROWS)])
    assert files_source.load("labels.csv").targets == class_targets(
        [str(number) for number in range(11)]
    )
    lines = [json.dumps({"path": path, "label": n % 11}) for n, (path, _) in enumerate(ROWS)]
    Path("labels.jsonl").write_text("\n".join(lines))
    assert files_source.load("labels.jsonl").targets == class_targets(
        [str(number) for number in range(11)]
    )


def test_column_of_splits_decides(here):
    names = ("Train", "val", "testing")
    write(
        rows=[(*row, names[n // 2 % 3]) for n, row in enumerate(ROWS)],
        header=("path", "label", "part"),
    )
    splits = {key: split for key, (_, _, split) in found("labels.csv?split=part").items()}
    assert splits == {
        path: ("train", "validation", "test")[n // 2 % 3] for n, (path, _) in enumerate(ROWS)
    }
    rule = files_source.load("labels.csv?split=part").facts.split_rule
    assert rule == "Test images are the data set's own."


def test_images_of_a_group_share_a_split(here):
    for seed in range(5):
        owners = [f"{seed}-{n % 9}" for n in range(30)]
        rows = [(*row, owner) for row, owner in zip(ROWS, owners, strict=True)]
        write(rows=rows, header=("path", "label", "owner"))
        dataset = files_source.load("labels.csv?group=owner")
        data = training_data(dataset, Recipe(trainer="any", dataset="any"))
        owner_of = {path: owner for (path, _), owner in zip(ROWS, owners, strict=True)}
        keys = data.train.examples.keys
        parts = [
            {owner_of[keys[row]] for row in data.train_rows},
            {owner_of[keys[row]] for row in data.validation_rows},
            {owner_of[key] for key in data.test.examples.keys},
        ]
        assert all(parts)
        assert sum(map(len, parts)) == 9  # no owner in two of them
        assert "sha256 of their group" in dataset.facts.split_rule


def test_group_in_two_given_splits_is_refused(here):
    rows = [
        (*row, "ann" if n in (3, 7) else n, "test" if n > 5 else "train")
        for n, row in enumerate(ROWS)
    ]
    write(rows=rows, header=("path", "label", "owner", "part"))
    assert found("labels.csv?split=part")
    with pytest.raises(DataError, match=r"group 'ann' of files:\S+ .* train and in test\b"):
        found("labels.csv?split=part&group=owner")


def test_same_data_has_same_copy_in_any_format_and_order(here, monkeypatch, tmp_path):
    before = files_source.describe(write())
    shutil.copytree(here, tmp_path / "elsewhere")
    monkeypatch.setattr(
        cached_dataset, "decode_splits", lambda *_: pytest.fail("the images are decoded again")
    )
    monkeypatch.chdir(tmp_path / "elsewhere")
    write(rows=ROWS[::-1], delimiter=";", header=("path", "label"))
    assert files_source.describe("labels.csv").sha256 == before.sha256


@pytest.mark.parametrize("change", ["pixels", "label", "group"])
def test_changed_data_are_read_again(here, change):
    rows = [[*row, n % 9] for n, row in enumerate(ROWS)]
    address = write(rows=rows, header=("path", "label", "owner")) + "?group=owner"
    before = files_source.load(address).sha256()
    if change == "pixels":
        Image.fromarray(np.full((3, 4), 99, np.uint8)).save("scans/7.png")
    else:
        rows[7][1 if change == "label" else 2] = {"label": "dog", "group": 77}[change]
        write(rows=rows, header=("path", "label", "owner"))
    assert files_source.load(address).sha256() != before
    assert found(address)["scans/7.png"][:2] == (
        99 if change == "pixels" else 7,
        "dog" if change == "label" else "cat",
    )


def test_same_row_twice_counts_once(here):
    write(rows=[*ROWS, ROWS[4], (f"./{ROWS[5][0]}", ROWS[5][1])])
    assert labels() == TRUTH


JSON = '{"path": "scans/1.png", "label": "a"}\n'

HEADER, A, B = "file,class\n", "scans/1.png,a\n", "scans/2.png,b\n"

FAULTS = [
    (HEADER + A + "scans/1.png,b\n", r"'scans/1\.png' twice, in rows 2 and 3\b.*'a' and 'b'"),
    (HEADER + A + "./scans/1.png,b\n", r"'\./scans/1\.png' twice, in rows 2 and 3\b"),
    (HEADER + A + "scans/2.png, \n", r"row 3 of labels\.csv has no 'class': ' '"),
    (HEADER + "\n" + A + ",b\n", r"row 4 of labels\.csv has no 'file'"),
    (HEADER + A + "scans/x.png,b\n", r"1 of 2 .*: 'scans/x\.png' in row 3\b.*/here\b"),
    (HEADER + A + "scans,b\n", r"1 of 2 .* not files: 'scans' in row 3\b"),
    (HEADER + A + "scans/2\0.png,b\n", r"1 of 2\b.*\brow 3\b"),
    (HEADER + B + "scans\\1.png,a\n", r"1 of 2\b.*\brow 3\b.*\bbackslash\b"),
    (HEADER + "scans/1.png,a,x\n", r"row 2 of labels\.csv has 3 columns, expected 2\b"),
    (HEADER + '"scans/1.png,a\n', r"row 2 of labels\.csv is not CSV\b"),
    (HEADER + A + "scans/2.png,a\n", r"labels\.csv has only one class\b.*: a$"),
    (HEADER + A + "scans/2.png,b\x1b\n", r"class in labels\.csv without control .*'b\\x1b'"),
    (HEADER + A + B, r"\bat least 3\b.*\bgot 2\b"),
    (HEADER, r"labels\.csv has no rows\b"),
    ("", r"labels\.csv has no column\b"),
    ("a,b\n1,2\n", r"no column .*\bpath\b.*: a, b\..* 'files:labels\.csv\?path=COLUMN'"),
    ("file,image,class\n1,2,3\n", r"several columns for the path: file, image\..*path=file'"),
    ("file,class,class\n1,2,3\n", r"several columns class\b"),
]

PARTS = "file,class,part\n"

UNUSABLE_SPLITS = [
    (PARTS + "scans/1.png,a,train\nscans/2.png,b,x\n", r"row 3 .* unknown split 'x'"),
    (PARTS + "scans/1.png,a,test\nscans/2.png,b,val\n", r"no row of the split train\b"),
    (
        PARTS + "scans/1.png,a,train\nscans/2.png,b,train\nscans/3.png,A,test\n",
        r"row 4 .* without training images: A\. Did you mean 'a'\? They differ only in case",
    ),
]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        *((content, "", message) for content, message in FAULTS),
        *((content, "?split=part", message) for content, message in UNUSABLE_SPLITS),
    ],
)
def test_unusable_label_file_names_row_and_fault(here, content, options, message):
    Path("labels.csv").write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        files_source.describe(f"labels.csv{options}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (JSON + "{", r"row 2 of labels\.jsonl is not JSON"),
        (JSON + "[1]", r"row 2 of labels\.jsonl is not a JSON object"),
        (JSON + '{"path": "scans/2.png"}', r"row 2 of labels\.jsonl has no 'label': None"),
        (JSON + '{"path": "scans/2.png", "label": ["b"]}', r"row 2 .* has no 'label': \['b'\]"),
        (JSON + '{"path": "x", "label": "a", "label": "b"}', r"row 2 .*: label is in it twice"),
        (
            JSON + '{"path": "\\ud800", "label": "a"}',
            r"path in row 2 .* UTF-8, got '\\ud800'",
        ),
        ("[" * 100_000, r"row 1 of labels\.jsonl is not JSON"),
        ("\n\n", r"labels\.jsonl has no column\b"),
    ],
)
def test_unusable_json_lines_name_row_and_fault(here, content, message):
    Path("labels.jsonl").write_text(content)
    with pytest.raises(DataError, match=message):
        files_source.describe("labels.jsonl")


def test_other_encoding_is_an_error(here):
    write(encoding="utf-16")
    with pytest.raises(DataError, match=r"labels\.csv is not UTF-8, at byte 0\b"):
        files_source.describe("labels.csv")


def test_unknown_column_is_an_error(here):
    write()
    with pytest.raises(InvalidValueError, match=r"no column 'clas'.* Did you mean 'class'\?"):
        files_source.describe("labels.csv?label=clas")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_named_pipe_in_label_file_is_an_error(here):
    os.mkfifo("scans/pipe.png")
    write(rows=[*ROWS, ("scans/pipe.png", "cat")])
    with pytest.raises(DataError, match=r"1 of 31 .*: 'scans/pipe\.png' in row 32\b"):
        files_source.describe("labels.csv")


def test_missing_label_file_is_an_error(here):
    with pytest.raises(DataError, match=rf"no file {here}/labels\.csv\b.*ZOO_DATA"):
        files_source.describe("labels.csv")


# Any text that CSV can quote, with line breaks and delimiters; blank labels are errors.
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1).filter(
    str.strip
)
TABLE = st.lists(st.tuples(VALUES, VALUES), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=TABLE, delimiter=st.sampled_from(",;\t"), bom=st.booleans())
def test_csv_rows_are_read_as_they_were_written(tmp_path, rows, delimiter, bom):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([("path", "label"), *rows])
    (tmp_path / "x.csv").write_bytes(text.getvalue().encode("utf-8-sig" if bom else "utf-8"))
    found = read_labels(tmp_path / "x.csv", parse_address("files", "x.csv", OPTIONS))
    assert [(row.path, row.label) for row in found] == [(a, b.strip()) for a, b in rows]
    assert [row.number for row in found] == list(range(2, len(rows) + 2))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=TABLE, is_ascii=st.booleans())
def test_json_lines_are_read_as_they_were_written(tmp_path, rows, is_ascii):
    lines = [json.dumps({"path": a, "label": b}, ensure_ascii=is_ascii) for a, b in rows]
    (tmp_path / "x.jsonl").write_bytes("\n".join(lines).encode())
    found = read_labels(tmp_path / "x.jsonl", parse_address("files", "x.jsonl", OPTIONS))
    assert [(row.path, row.label) for row in found] == [(a, b.strip()) for a, b in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content=st.binary() | st.text('pathlbe,;\t"\n\r{}:\\ 1').map(str.encode),
    suffix=st.sampled_from(["csv", "jsonl"]),
)
def test_any_content_is_read_or_explained(tmp_path, content, suffix):
    (tmp_path / f"x.{suffix}").write_bytes(content)
    try:
        read_labels(tmp_path / f"x.{suffix}", parse_address("files", "x", OPTIONS))
    except DataError as exc:
        assert str(exc)
