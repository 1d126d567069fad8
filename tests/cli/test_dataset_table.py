"""The table of a data set: one screen, aligned, on stderr before a training on a user's data."""

import numpy as np
import pytest

from zoo_core.cli.dataset_table import MAX_COLUMNS, MAX_LINES, overview_lines
from zoo_core.data.overview.overview import Overview
from zoo_core.data.reading_facts import ReadingFacts
from zoo_core.frameworks.run import Callbacks
from zoo_core.text import cell_width
from zoo_core.training.training import Training

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.data_specs import InputSpec, class_targets
from zoo_core.plugins.specs import DatasetSpec, SourceSpec

@hookimpl
def zoo_sources():
    return [
        SourceSpec(name="mine", summary="The toy's data set.", describe="zoo_mine.plugin:describe",
            address="NAME")
    ]

def describe(address):
    dataset = load(address)
    sizes = {name: len(split) for name, split in dataset.splits.items()}
    return DatasetSpec(name=f"mine:{address}", summary="Mine.", address=address,
        input=InputSpec(shape=(1, 6, 5)), targets=class_targets(3),
        loader="zoo_mine.plugin:load", sizes=sizes,
        sha256=dataset.sha256(), license="CC0-1.0", source="made up")

def load(address):
    from dataclasses import replace
    from zoo_core.data.dataset import ReadingFacts
    from zoo_core.data.examples import Examples
    from zoo_toy.data import load

    whole = load()
    splits = {}
    for name, split in whole.splits.items():
        keys = tuple(f"{address}/{name}/{row}.png" for row in range(len(split)))
        splits[name] = replace(split, examples=Examples(keys, keys))
    facts = ReadingFacts(split_rule="Folders are splits.", left_out={"a link to a folder": 2},
        damaged=3, pixel_ranges={"uint16": (0.0, 4095.0)})
    return replace(whole, splits=splits, facts=facts)
"""


def totals(counts):
    """Return the number of examples per split, from those per class."""
    return tuple(counts.sum(axis=0).tolist())


def overview(names, counts, **options):
    table = np.array(counts, np.int64).reshape(len(names), 3)
    return Overview(
        totals(table),
        (tuple(names),),
        (table,),
        ReadingFacts(**options),
        "Folders are splits.",
        options.pop("warnings", ()),
    )


def test_table_shows_counts_facts_and_warnings():
    facts = ReadingFacts(
        left_out={"a link to a folder": 1, "not an image by its suffix": 1200},
        damaged=1,
        notes=("Two names differ only in case.",),
        pixel_ranges={"uint16": (0.0, 4095.0)},
    )
    counts = np.array([[1000, 20, 30], [4, 5, 6]], np.int64)
    found = Overview(
        totals(counts), (("cat", "猫猫"),), (counts,), facts, "Folders are splits.", ("no cats",)
    )
    assert overview_lines(found, "folder:photos") == [
        "Data: folder:photos",
        "class       train  validation        test",
        "cat         1,000          20          30",
        "猫猫            4           5           6",
        "total       1,004          25          36",
        "Split: Folders are splits.",
        "Left out: a link to a folder: 1; not an image by its suffix: 1,200",
        "Damaged: 1 image skipped",
        "Two names differ only in case.",
        "Pixels: 0 to 4095 of uint16 became 0 to 255",
        "Warning: no cats",
    ]


def test_table_leaves_out_classes_in_the_middle():
    names = [f"class {number}" for number in range(100)]
    lines = overview_lines(overview(names, [[1, 2, 3]] * 100), "folder:photos")
    assert len(lines) == MAX_LINES
    assert "… 81 more classes" in lines
    shown = [line.split()[1] for line in lines if line.startswith("class ")]
    assert [each for each in shown if each.isdigit()] == [*map(str, [*range(10), *range(91, 100)])]
    assert lines[-2].split() == ["total", "100", "200", "300"]


def test_table_of_several_heads_numbers_them():
    counts = np.array([[1, 1, 1], [2, 0, 0]], np.int64)
    both = Overview(
        totals(counts), (("a", "b"), ("x", "y")), (counts, counts[::-1]), ReadingFacts(), "", ()
    )
    names = [line.split("  ")[0] for line in overview_lines(both, "files:labels.csv")]
    assert names[2:6] == ["1: a", "1: b", "2: x", "2: y"]
    assert overview_lines(both, "files:labels.csv")[6].split() == ["total", "3", "1", "1"]


def test_table_of_any_names_is_one_aligned_screen():
    hypothesis = pytest.importorskip("hypothesis")
    text = hypothesis.strategies.text(max_size=150)
    texts = hypothesis.strategies.lists(text, max_size=30)

    columns = hypothesis.strategies.sampled_from([40, MAX_COLUMNS])

    @hypothesis.given(texts.filter(bool), texts, text, columns)
    @hypothesis.example(["a\x1b[2J", "line\nbreak", "猫" * 80], ["x" * 500] * 40, "folder:\x07", 40)
    def check(names, warnings, name, columns):
        facts = ReadingFacts(notes=tuple(warnings[::2]))
        counts = (np.arange(3 * len(names), dtype=np.int64).reshape(-1, 3),)
        found = Overview(
            totals(counts[0]), (tuple(names),), counts, facts, "A rule.", tuple(warnings)
        )
        lines = overview_lines(found, name, columns)
        assert len(lines) <= MAX_LINES
        assert all(cell_width(line) <= columns for line in lines)
        assert "\x1b" not in "".join(lines)
        total = next(row for row, line in enumerate(lines) if line.startswith("total "))
        assert total - 2 >= min(5, len(names))  # some of the classes are always shown
        table = (line for line in lines[1 : total + 1] if not line.endswith(" more classes"))
        widths = set(map(cell_width, table))
        assert len(widths) == 1

    check()


@pytest.fixture
def zoo(cli, site, write_plugin):
    """Return a function that runs `zoo` where a plugin offers the source `mine`."""
    write_plugin(site, "zoo-mine", PLUGIN)
    return lambda *arguments, **options: cli(*arguments, site=site, **options)


def test_training_on_own_data_describes_it_on_stderr(zoo, tmp_path):
    done = zoo("train", "softmax", "--dataset", "mine:data", "--epochs", 1, "--out", "run")
    assert done.code == 0, done.err
    assert done.err.startswith("Data: mine:data\nclass ")
    for line in (
        "Split: Folders are splits. A share of 0.1 of the training examples",
        "Damaged: 3",
    ):
        assert f"\n{line}" in done.err
    assert "Data: " not in done.out and done.out.startswith("Training softmax")
    total = next(line for line in done.err.split("\n") if line.startswith("total"))
    train, validation, test = map(int, total.split()[1:])
    assert (train + validation, test) == (200, 50)
    assert f"{train} examples to train on, {validation} to validate" in done.out


def test_training_on_data_of_plugin_describes_nothing(zoo):
    done = zoo("train", "softmax", "--epochs", 1, "--out", "run")
    assert (done.code, done.err) == (0, "")


def test_resumed_training_describes_nothing(zoo, tmp_path):
    zoo("train", "softmax", "--dataset", "mine:data", "--epochs", 1, "--out", "run")
    for name in ("card.json", "model.safetensors"):
        (tmp_path / "run" / name).unlink()
    done = zoo("train", "--resume", "run")
    assert (done.code, done.err) == (0, "")


def test_interrupt_after_description_leaves_no_folder(toy, tmp_path):
    class Interrupted(Callbacks):
        def data_loaded(self, dataset, recipe, data, record):
            assert (dataset.name, len(data.train_rows)) == ("toy", 180)
            raise KeyboardInterrupt

    training = Training.new(toy, "softmax", out=tmp_path / "run", callbacks=Interrupted())
    with pytest.raises(KeyboardInterrupt):
        training.run()
    assert not (tmp_path / "run").exists()


def test_training_with_json_reports_its_data(zoo):
    options = ("--epochs", 1, "--json")
    done = zoo("train", "softmax", "--dataset", "mine:data", "--out", "run", *options)
    assert (done.code, done.err) == (0, "")
    data = done.json["data"]
    assert data["left_out"] == {"a link to a folder": 2}
    assert sum(each["test"] for each in data["counts"][0].values()) == 50
    assert "data" not in zoo("train", "softmax", "--out", "other", *options).json


def test_info_describes_data_of_source(zoo, tmp_path):
    done = zoo("info", "mine:data", "--sheet", "sheet.png")
    assert done.code == 0, done.err
    assert "\nData: mine:data\nclass " in done.out
    assert done.err == "Sheet of examples: sheet.png\n"
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    found = zoo("info", "mine:data", "--json").json
    assert found["summary"] == "Mine."
    assert (found["damaged"], found["left_out"]) == (3, {"a link to a folder": 2})
    assert found["pixel_ranges"] == {"uint16": [0, 4095]}
    assert set(found["counts"][0]) == set(found["class_names"][0])


def test_info_writes_sheet_of_any_data_set_but_describes_only_own_data(zoo, tmp_path):
    done = zoo("info", "toy", "--sheet", "sheet.png")
    assert (done.code, done.err) == (0, "Sheet of examples: sheet.png\n")
    assert "Split:" not in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("softmax", "--sheet", "sheet.png"), 2, "--sheet needs a data set, got the model"),
        (("toy", "--sheet", "none/sheet.png"), 1, "the sheet could not be written to none/"),
    ],
)
def test_info_reports_sheet_that_cannot_be_written(zoo, arguments, code, expected):
    done = zoo("info", *arguments)
    assert done.code == code
    assert expected in done.err
