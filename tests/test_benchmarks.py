"""The benchmarks' page is made of what was measured, and a contestant's run is measured whole."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))  # behind what is installed: for the benchmarks, which are not

from benchmarks import page  # noqa: E402
from benchmarks.comparisons import COMPARISONS  # noqa: E402
from benchmarks.contest import KEPT, Contestant, Measured, Turn  # noqa: E402


def test_the_page_says_what_was_measured():
    assert page.PAGE.read_text() == page.page()


def test_every_comparison_was_measured_with_the_contestants_that_it_has():
    assert {path.stem for path in KEPT.iterdir()} == set(COMPARISONS)
    for name, comparison in COMPARISONS.items():
        measured = Measured.model_validate_json((KEPT / f"{name}.json").read_bytes())
        assert list(measured.turns) == [contestant.name for contestant in comparison.contestants]
        assert {len(turns) for turns in measured.turns.values()} == {comparison.times}


def test_a_contestants_time_memory_and_figures_are_kept():
    work = "x = bytearray(200_000_000)"
    command = (
        f"{{python}} -c '{work}; import json; print(json.dumps(dict(seconds=.25, accuracy=[.5])))'"
    )
    turn = Contestant("c", command).run()
    assert turn.peak_mb > 190
    assert 0 < turn.cpu < 10 * turn.whole
    assert turn.figure("seconds") == 0.25
    assert turn.accuracy == (0.5,)


def test_the_rest_of_the_epochs_is_added_where_few_are_measured():
    command = "{python} -c 'import json; print(json.dumps(dict(seconds=1.0, accuracy=[1])))'"
    turn = Contestant("c", command, epochs=1, all_epochs=30).run()
    assert turn.figure("seconds") == 30
    assert 29 < turn.whole < 35
    assert turn.accuracy == ()


def test_a_contestant_that_fails_ends_the_benchmark():
    with pytest.raises(SystemExit, match="ends with 3"):
        Contestant("c", "{python} -c 'raise SystemExit(3)'").run()


def test_ratios_are_taken_turn_by_turn():
    turns = {
        name: [turn(value) for value in values]
        for name, values in {"ours": [1, 2, 4], "theirs": [3, 4, 4]}.items()
    }
    measured = Measured(machine="m", turns=turns)
    assert measured.ratios("theirs", "ours", "seconds") == [3, 2, 1]
    assert page.ratio(measured.ratios("theirs", "ours", "seconds")) == "2 ×"


def turn(seconds):
    return Turn(whole=1, cpu=1, peak_mb=1, accuracy=(), figures={"seconds": seconds})
