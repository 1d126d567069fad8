"""Tables: columns that fit a width, cut text, and numbers."""

import pytest

from zoo_core.cli.tables.cells import format_cell
from zoo_core.cli.tables.table import align, cut, fit, table_lines
from zoo_core.text import cell_width

NATURAL = {"name": 10, "params": 6, "plugin": 10, "summary": 300}


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (1000, NATURAL),
        (60, {"name": 10, "params": 6, "plugin": 10, "summary": 28}),
        (45, {"name": 10, "params": 6, "summary": 25}),
        (30, {"name": 10, "params": 6}),
        (17, {"name": 10}),
        (5, {"name": 10}),
    ],
)
def test_fit_leaves_out_and_shortens_columns(width, expected):
    assert fit(NATURAL, width, ("plugin", "summary", "params")) == expected


def test_names_are_whole_unless_they_take_most_of_the_screen():
    natural = {"name": 45, "params": 6, "summary": 40}
    assert fit(natural, 80, ("summary", "params")) == {"name": 45, "params": 6, "summary": 25}
    assert fit(natural, 60, ("summary", "params")) == {"name": 24, "params": 6, "summary": 26}


def test_lists_are_shortened_by_items():
    row = {"name": "n" * 40, "task": ["classification", "multi-label", "regression"]}
    for width, expected in ((70, "classification, …"), (80, "classification, multi-label, …")):
        assert align(["TASK", format_cell("task", row["task"])], width - 42, "task")[
            1
        ].rstrip() == (expected)


def test_long_name_takes_no_room_from_other_columns():
    widths = fit({"name": 300, "summary": 40}, 80, ("summary",))
    assert widths == {"name": 38, "summary": 40}


@pytest.mark.parametrize(
    ("text", "middle", "expected"),
    [
        ("short", False, "short"),
        ("0123456789", False, "0123456…"),
        ("0123456789", True, "0123…789"),
        ("猫猫猫猫猫", False, "猫猫猫…"),
        ("猫猫猫猫猫", True, "猫猫…猫"),
        ("e\u0301" * 8, False, "e\u0301" * 8),
    ],
)
def test_cut_counts_columns_of_the_screen(text, middle, expected):
    shown = cut(text, 8, middle=middle)
    assert shown == expected
    assert cell_width(shown) <= 8


def test_table_aligns_wide_characters_and_numbers():
    rows = [{"name": "猫", "bytes": 5, "note": ""}, {"name": "dog", "bytes": 12_345, "note": ""}]
    assert table_lines(("name", "bytes", "note"), rows) == [
        "NAME  BYTES",
        "猫        5",
        "dog   12345",
    ]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (None, ""),
        (0, "0"),
        (999, "999"),
        (7_960, "7.96K"),
        (101_770, "102K"),
        (999_499, "999K"),
        (999_500, "1M"),
        (1_233_659_914, "1.23B"),
    ],
)
def test_count_of_parameters_has_three_digits(count, expected):
    assert format_cell("params", count) == expected
