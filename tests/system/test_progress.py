"""Progress on a terminal: parts of a line, the time left, and lines above a live line."""

import io
import re
from types import SimpleNamespace

import pytest

from zoo_core.cli.training.live_training import LiveTraining
from zoo_core.frameworks.training_state import FitResult, TrainingState
from zoo_core.metrics.scores import Scores
from zoo_core.system import terminal
from zoo_core.system.progress import live_line, progress_bar, time_left
from zoo_core.system.progress.live_line import hide_progress, open_line, status, unhide_progress
from zoo_core.system.progress.parts import Bar, Part, fit
from zoo_core.system.progress.progress_bar import ProgressBar, track
from zoo_core.system.progress.time_left import TimeLeft, clock

PARTS = [Part("Epoch 1/3"), Bar(0.5, rank=2), Part("7/9", rank=3, gap=1), Part("98%", rank=1)]


class Screen(io.StringIO):
    """A terminal in memory."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def screen(monkeypatch):
    """Return standard error, as a terminal of 60 columns."""
    stream = Screen()
    # Not `sys.stderr` itself, which pytest replaces between a fixture and its test.
    for module in (live_line, terminal):
        monkeypatch.setattr(module, "sys", SimpleNamespace(stdout=io.StringIO(), stderr=stream))
    for name, value in {"CI": "", "TERM": "xterm", "COLUMNS": "60", "LC_ALL": "C.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    yield stream
    assert terminal.live_lines == []


@pytest.fixture
def clock_of(monkeypatch):
    """Return a list whose first item is the time."""
    now = [100.0]
    for module in (progress_bar, time_left):
        monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
        monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (100, f"Epoch 1/3  {'━' * 20}{'─' * 20} 7/9  98%"),
        (40, f"Epoch 1/3  {'━' * 10}{'─' * 10} 7/9  98%"),
        (26, "Epoch 1/3  ━━━━━─────  98%"),
        (15, "Epoch 1/3  98%"),
        (9, "Epoch 1/3"),
        (4, "Epoc"),
    ],
)
def test_narrow_line_leaves_out_least_important_parts(width, expected):
    assert fit(PARTS, width).plain == expected


def test_long_text_is_cut_before_other_parts_are_left_out():
    parts = [Part("a" * 300, is_cut=True), Bar(1, rank=2, has_unicode=False), Part("1/1", rank=1)]
    assert fit(parts, 60).plain == f"{'a' * 45}  {'#' * 8}  1/1"
    assert fit([Part("漢字" * 9, is_cut=True), Part("1/1")], 19).cell_len <= 19


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0:00"), (65, "1:05"), (3_599.6, "1:00:00"), (3_723, "1:02:03"), (187_000, "2 d 3 h")],
)
def test_clock_shows_duration(seconds, text):
    assert clock(seconds) == text


def test_time_left_follows_from_pace_and_restarts_with_the_work(clock_of):
    left = TimeLeft()
    assert left.text(100, 400) == ""  # a resumed training begins here
    clock_of[0] += 10
    assert left.text(200, 400) == "0:20 left"
    assert left.text(0, 50) == ""
    clock_of[0] += 10
    assert left.text(10, 50) == "0:40 left"


def test_track_draws_only_long_work_and_erases_it(screen, clock_of):
    assert list(track("abc", 3, "Working")) == ["a", "b", "c"]
    assert screen.getvalue() == ""
    for _ in track("abc", 3, "Working"):
        clock_of[0] += 1
    assert "Working" in screen.getvalue()
    assert "1/3" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[2K")


def test_bar_is_redrawn_at_most_ten_times_per_second_but_for_its_end_and_text(screen, clock_of):
    with ProgressBar(quiet=True, text_first=True) as bar:
        bar.start(1000)
        for number in range(1, 1001):
            clock_of[0] += 0.001
            bar.update(number, 1000, "one" if number < 500 else "two")
    drawn = re.findall(r"([\d,]+)/1,000", screen.getvalue())
    assert 10 < len(drawn) < 15
    assert {"0", "1", "500", "1,000"} <= set(drawn)


def test_lines_are_printed_above_live_line(screen):
    with status("Waiting"):
        terminal.print_lines("a line", err=True)
    pieces = screen.getvalue().split("\r\x1b[2K")
    assert [piece.strip() for piece in pieces] == ["", "Waiting", "a line", "Waiting", ""]
    assert pieces[2] == "a line\n"


def test_inner_line_hides_outer_one(screen):
    with status("Outer"):
        with ProgressBar(quiet=True, text_first=True) as bar:
            bar.start(2)
            before = len(screen.getvalue())
            terminal.live_lines[0].draw(Part("Changed"))
            assert len(screen.getvalue()) == before
        assert screen.getvalue().endswith("Changed")


def test_line_of_training_shows_kept_epoch_of_measure_where_lower_is_better(screen):
    scores = [Scores({"rmse": (each,)}, 9, headlines=("rmse",)) for each in (9.0, 1.0, 4.0)]
    state = TrainingState(4, kept=FitResult(2, {}, scores[1], scores[1]))
    state.history = [{"validation": each.to_json()} for each in scores]
    with ProgressBar(quiet=True, text_first=True) as bar:
        bar.start()
        live = LiveTraining(terminal.live_lines[0], SimpleNamespace(epochs=5, keep="best"), state)
        live.draw_step(4, 1, 2)
    plain = re.sub(r"\x1b\[[\d;]*m", "", screen.getvalue())
    assert "█▁▄ rmse 4  best 1 in epoch 2" in plain


def test_hidden_progress_is_not_drawn(screen):
    hide_progress()
    assert open_line(below_lines=False) is None
    unhide_progress()
    line = open_line(below_lines=False)
    assert line.has_unicode
    line.close()
    assert live_line.live_lines == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LC_ALL": "C"}, False),
        ({"LC_ALL": "", "LC_CTYPE": "", "LANG": "POSIX"}, False),
        ({"LC_ALL": "", "LC_CTYPE": "", "LANG": ""}, True),
        ({"LC_ALL": "", "LC_CTYPE": "de_DE.UTF-8", "LANG": "C"}, True),
    ],
)
def test_locale_decides_on_unicode(screen, monkeypatch, variables, expected):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert terminal.has_unicode(screen) is expected
