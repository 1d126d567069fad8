"""The screen of `zoo train`: a live line on a terminal, plain lines elsewhere."""

import contextlib
import os
import re
import signal
import struct

import pytest

from zoo_core.cli.training.sparkline import sparkline

fcntl = pytest.importorskip("fcntl", reason="no pseudo-terminals on this platform")
pty = pytest.importorskip("pty")
pyte = pytest.importorskip("pyte")
termios = pytest.importorskip("termios")

ERASE = "\r\x1b[2K"
"""Escape sequence before every drawing of the live line."""

BOTH = ("stdout", "stderr")

ESCAPE = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")


class Recording:
    """The output of a command: exit code, screen of the terminal, and what went into a pipe."""

    def __init__(self, code, raw, columns, piped):
        self.code, self.raw, self.piped = code, raw, piped
        self._screen = pyte.Screen(columns, 60)
        self.drawn = []
        stream = pyte.Stream(self._screen)
        for piece in raw.split(ERASE):  # one drawing, and what was printed after it was erased
            stream.feed(ERASE + piece)
            self.drawn.append(self._screen.display[self._screen.cursor.y].rstrip())

    @property
    def lines(self):
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n")


def set_width(leader, columns):
    fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))


@pytest.fixture
def record(spawn):
    """Return a function that runs `zoo` on a terminal of a width and records its output."""

    def run(*arguments, columns=80, when=None, act=None, site=None, streams=BOTH, **env):
        leader, follower = pty.openpty()
        set_width(leader, columns)
        env = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "CI": "", "COLUMNS": "", **env}
        options = dict.fromkeys(streams, follower)
        with spawn("-m", "zoo_core", *arguments, env=env, site=site, **options) as process:
            os.close(follower)
            raw = b""
            with contextlib.suppress(OSError):  # the end of a terminal without a process
                while chunk := os.read(leader, 4096):
                    raw += chunk
                    if when and when in raw:
                        when = act(process, leader)
            os.close(leader)
            piped = "".join(each or "" for each in process.communicate())
        assert b"Traceback" not in raw, raw.decode()
        return Recording(process.returncode, raw.decode(), columns, piped)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_live_line_fits_terminal_and_is_gone_at_the_end(record, columns):
    done = record("train", "softmax", columns=columns)
    assert any(re.match(r"Epoch 4/5  [━╸─]+ .*\d%", each) for each in done.drawn)
    assert max(map(len, done.drawn)) < columns
    assert sum(line.startswith("Epoch") for line in done.lines) == 6  # 5 epochs, and the kept one
    assert not any("━" in line or "─" in line for line in done.lines)


@pytest.mark.slow
def test_live_line_shows_sparkline_best_epoch_and_latest_validation(record):
    done = record("train", "softmax", columns=120)
    live = next(each for each in done.drawn if each.startswith("Epoch 4/5") and "best" in each)
    assert re.search(
        r"[▁▂▃▄▅▆▇█]{3}  validation accuracy \d+\.\d\d%  best \d+\.\d\d% in epoch \d", live
    )


@pytest.mark.slow
def test_screen_ends_with_lines_of_epochs_and_summary(record):
    done = record("train", "softmax", "--out", "run")
    epochs = [line for line in done.lines if re.match(r"Epoch \d/5  validation accuracy ", line)]
    assert len(epochs) == 5
    assert all(re.search(r"training \d+\.\d\d% +\d+\.\d s(  best)?$", line) for line in epochs)
    summary = "\n".join(done.lines[-11:])
    assert re.search(r"of 50 examples correct, 95 % interval \d+\.\d\d% to \d+\.\d\d%", summary)
    assert "Weights: run/model.safetensors" in summary.replace(":  ", ": ")
    assert "To predict: zoo predict run IMAGE" in summary
    assert "To publish: zoo publish run --as softmax.TAG --registry FOLDER" in summary


@pytest.mark.slow
@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"CI": "true"}, {"RANK": "1"}])
def test_terminal_without_live_line_gets_plain_lines(record, env):
    done = record("train", "softmax", columns=200, **env)
    assert done.code == 0
    assert "\x1b" not in done.raw
    assert sum("Epoch 5/5: training loss" in line for line in done.lines) == 1


@pytest.mark.slow
def test_missing_rich_leaves_plain_lines(record, tmp_path):
    (tmp_path / "site" / "rich").mkdir(parents=True)
    (tmp_path / "site" / "rich" / "__init__.py").write_text("raise ImportError('no rich')")
    done = record("train", "softmax", columns=200, site=tmp_path / "site")
    assert done.code == 0
    assert "\x1b" not in done.raw
    assert any("Epoch 5/5: training loss" in line for line in done.lines)


@pytest.mark.slow
def test_training_without_terminal_does_not_import_rich(run_python):
    run_python(
        """
import sys
from zoo_core.cli.main import run
assert run(["train", "softmax"]) == 0
assert "rich" not in sys.modules
"""
    )


@pytest.mark.slow
def test_no_color_leaves_no_color(record):
    color = re.compile(r"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d|10\d)(?:;\d+)*m")
    assert color.search(record("train", "softmax").raw)
    done = record("train", "softmax", NO_COLOR="1")
    assert not color.search(done.raw)
    assert any("━" in each and "─" in each for each in done.drawn)


@pytest.mark.slow
def test_terminal_without_unicode_gets_ascii(record):
    done = record("train", "softmax", columns=200, LC_ALL="C")
    assert done.raw.isascii()
    assert any(re.search(r"#+-+ ", each) for each in done.drawn)


@pytest.mark.slow
def test_resized_terminal_gets_lines_of_new_width(record):
    resized = []

    def shrink(process, leader):
        set_width(leader, 50)
        process.send_signal(signal.SIGWINCH)
        resized.append(True)

    done = record("train", "softmax", "--epochs", "400", columns=200, when=b"5/400", act=shrink)
    assert resized
    assert done.code == 0
    last = [ESCAPE.sub("", each).strip("\n") for each in done.raw.split(ERASE)][-60:-20]
    assert all(len(line) <= 50 for each in last for line in each.split("\r\n"))


@pytest.mark.slow
def test_interrupted_training_erases_line_and_prints_how_to_resume(record):
    done = record(
        "train",
        "softmax",
        *("--epochs", "100000", "--out", "run"),
        when=b"20/100000",
        act=lambda process, _: process.send_signal(signal.SIGINT),
    )
    assert done.code == 130
    text = "".join(line for line in done.lines if not line.startswith("Epoch"))
    assert "nothing is lost. Continue: zoo train --resume run" in text
    assert not any("━" in line for line in done.lines)


@pytest.mark.slow
def test_progress_of_json_is_on_stderr(record):
    done = record("train", "softmax", "--json", streams=("stderr",))
    assert done.code == 0
    assert any("━" in each for each in done.drawn)
    assert done.lines == [""]


@pytest.mark.slow
def test_redirected_output_has_plain_lines_and_progress_is_on_stderr(record):
    done = record("train", "softmax", streams=("stderr",))
    assert done.piped.count(": training loss") == 5
    assert "\x1b" not in done.piped
    assert any("━" in each for each in done.drawn)
    assert done.lines == [""]


@pytest.mark.slow
def test_quiet_prints_folder_only(record, cli):
    assert cli("train", "softmax", "--out", "first", "--quiet").out == "first\n"
    done = record("train", "softmax", "--out", "second", "-q")
    assert done.raw == "second\r\n"
    assert cli("train", "softmax", "--quiet", "--verbose").code == 2


@pytest.mark.slow
def test_verbose_prints_details_of_each_epoch(cli, record):
    plain = cli("train", "softmax-pairs", "--verbose")
    details = (
        "  train loss per head .* / .*, validation loss per head .*, learning rate .*, .* exam"
    )
    assert len(re.findall(details, plain.out)) == 5
    shown = record("train", "softmax-pairs", "-v", columns=200)
    assert len([line for line in shown.lines if re.match(details, line)]) == 5


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ""),
        ([0.5], "▅"),
        ([1, 1, 1], "▅▅▅"),
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([9.0, 3.0, 1.0], "█▃▁"),  # a loss falls
        ([float("nan"), 1, float("inf"), 2], "·▁·█"),
        ([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7], "▁▂▃▄▅▆▇█"),
    ],
)
def test_sparkline_has_height_per_value(values, expected):
    assert sparkline(values, 8) == expected
