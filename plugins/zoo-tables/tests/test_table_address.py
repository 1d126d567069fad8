"""Addresses of tables: options, their values and their faults."""

import pytest
from hypothesis import given, strategies as st

from zoo_core import ZooError
from zoo_tables.address import parse_address


@pytest.mark.parametrize(
    ("text", "place", "missing"),
    [
        ("t.csv?target=y&missing=?", "t.csv", ("?",)),
        ("what?.csv?missing=?,-&target=y", "what?.csv", ("?", "-")),
    ],
)
def test_question_marks_in_paths_and_markers(text, place, missing):
    address = parse_address("csv", text)
    assert (address.place, address.missing) == (place, missing)
    assert parse_address("csv", address.at(place)) == address


def test_options_follow_a_question_mark():
    address = parse_address("csv", "a?b.csv?target=x,y&drop=id&delimiter=tab&max_categories=7")
    assert (address.place, address.targets, address.drop) == ("a?b.csv", ("x", "y"), ("id",))
    assert (address.delimiter, address.max_categories) == ("\t", 7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t.csv", "no target.*target=COLUMN"),
        ("?target=a", "no file before"),
        ("t.csv?taget=a", "no option 'taget'.*Did you mean 'target'"),
        ("t.csv?target=a&target=b", "option 'target' twice"),
        ("t.csv?target=", "no value for 'target'"),
        ("t.csv?target=a,,b", "empty name in target=a,,b"),
        ("t.csv?target=a,a", "a name twice in target=a,a"),
        ("t.csv?target=a&task=ranking", "no targets for the task 'ranking'"),
        ("t.csv?target=a,b,c&task=regression,regression", "2 values of task, expected 1 or 3"),
        ("t.csv?target=a&drop=a", "'a' in target and in drop"),
        ("t.csv?target=a&test=b.csv&split=s", "test and split, which exclude each other"),
        ("t.csv?target=a&delimiter=ab", "delimiter to be one character"),
        ("t.csv?target=a&max_categories=1", "max_categories from 2 to 100000"),
    ],
)
def test_faults_are_said(text, message):
    with pytest.raises(ZooError, match=message):
        parse_address("csv", text)


@given(st.text(max_size=20).map(lambda end: f"t.csv?target=y{end}") | st.text())
def test_any_text_is_an_address_or_one_error(text):
    try:
        parsed = parse_address("csv", text)
    except ZooError as exc:
        assert "\n" not in str(exc) or "\n" in text
    else:
        assert parsed.targets
        assert parse_address("csv", parsed.at(parsed.place)) == parsed


def test_a_hint_keeps_the_other_options_and_lengthens_lists():
    address = parse_address("csv", "t.csv?target=y&drop=a")
    assert address.with_option("drop=b") == "'csv:t.csv?target=y&drop=a,b'"
    assert address.with_option("missing=?") == "'csv:t.csv?target=y&drop=a&missing=?'"
