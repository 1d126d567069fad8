"""The fixture `screen`: `zoo` on a terminal of some size, and its screen."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

VARIABLES = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CI", "PAGER", "LESS")
"""Variables that change output on a terminal, which no test inherits."""


@dataclass(frozen=True)
class Screen:
    """The screen of a terminal after a command has ended.

    Attributes:
        code: exit code of the command.
        lines: the visible lines, without spaces at their ends and without empty lines at the end.
        above: lines that have left the screen at its top.
        raw: everything that was written to the terminal, with its control sequences.
    """

    code: int
    lines: list[str]
    above: list[str]
    raw: str

    @property
    def text(self) -> str:
        return "\n".join([*self.above, *self.lines])


class Terminal:
    """A pseudo-terminal, whose output is drawn as a terminal emulator draws it."""

    def __init__(self, width: int, height: int) -> None:
        pty = pytest.importorskip("pty", reason="no pseudo-terminals on this platform")
        import termios

        import pyte

        self.screen = pyte.HistoryScreen(width, height, history=20_000)
        self.raw = b""
        self._stream = pyte.ByteStream(self.screen)
        self._leader, self.follower = pty.openpty()
        termios.tcsetwinsize(self.follower, (height, width))

    def login(self) -> None:
        """Make this the terminal of the process, in a session of its own."""
        os.login_tty(self.follower)  # so that Ctrl-C reaches the command, and not the tests

    def read(self, press: Mapping[str, str]) -> None:
        """Draw everything that the command writes, and press keys once their text is shown."""
        os.close(self.follower)
        left = dict(press)
        # Because a terminal without a process raises an error at its end.
        with contextlib.suppress(OSError):
            while chunk := os.read(self._leader, 1 << 16):
                self.raw += chunk
                self._stream.feed(chunk)
                shown = "\n".join(self.screen.display) if left else ""
                for text in [text for text in left if text in shown]:
                    os.write(self._leader, left.pop(text).encode())
        os.close(self._leader)

    def above(self) -> list[str]:
        """Return the lines that have left the screen."""
        lines = self.screen.history.top
        return [
            "".join(line[column].data for column in range(self.screen.columns)).rstrip()
            for line in lines
        ]

    def lines(self) -> list[str]:
        """Return the visible lines."""
        lines = [line.rstrip() for line in self.screen.display]
        return "\n".join(lines).rstrip("\n").split("\n")


@pytest.fixture
def screen(
    spawn: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Screen]:
    r"""Return a function that runs `zoo` on a terminal and returns its screen.

    ``press`` contains text -> keys that are pressed once, when the text is on the screen, such as
    ``{"epoch 2": "\x03"}`` to interrupt a training. Other keyword arguments are variables. A
    traceback fails the test.
    """
    pytest.importorskip("pyte")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def run(
        *arguments: object,
        width: int = 80,
        height: int = 24,
        press: Mapping[str, str] | None = None,
        site: Path | None = None,
        **variables: str,
    ) -> Screen:
        terminal = Terminal(width, height)
        options: dict[str, Any] = {"preexec_fn": terminal.login, "stdout": None, "stderr": None}
        env = {"TERM": "xterm-256color", **variables}
        with spawn("-m", "zoo_core", *arguments, env=env, site=site, **options) as process:
            terminal.read(press or {})
        raw = terminal.raw.decode(errors="replace")
        assert "Traceback" not in raw, raw
        return Screen(process.returncode, terminal.lines(), terminal.above(), raw)

    return run
