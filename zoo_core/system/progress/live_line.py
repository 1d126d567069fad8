"""The live line: the last line on a terminal, which is drawn again and again in place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from zoo_core.system.terminal import has_unicode, is_screen, live_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.control import Control

    from zoo_core.system.progress.parts import Bar, Part


_FREE = 3
"""Columns that stay free for the ``^C`` that a terminal adds, because it must not wrap the line."""


class LiveLine:
    """One line that stays below all lines that `print_lines` prints.

    Args:
        console: rich's console of the terminal.
        is_below_lines: whether the command prints its lines on the same terminal.
    """

    def __init__(self, console: Console, *, is_below_lines: bool) -> None:
        from rich.control import Control
        from rich.segment import ControlType

        self._console, self.is_below_lines = console, is_below_lines
        self._parts: tuple[Part | Bar, ...] = ()
        self._erase: Control = Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))
        self.has_unicode = has_unicode(console.file)

    def draw(self, *parts: Part | Bar) -> None:
        """Replace the line by the parts that fit into the terminal, or by nothing."""
        self._parts = parts
        self.show()

    def draw_text(self, text: str) -> None:
        """Replace the line by a text."""
        from zoo_core.system.progress.parts import Part

        self.draw(Part(text))

    def show(self) -> None:
        """Draw the line again, unless another one was opened after it."""
        from zoo_core.system.progress.parts import fit

        if self not in live_lines[-1:]:
            return
        with self._console:  # written in one piece, so that the line does not flicker
            self.hide()
            line = fit(self._parts, max(self._console.width - _FREE, 1))
            self._console.print(line, end="", soft_wrap=True)

    def hide(self) -> None:
        """Erase the line, until it is shown or drawn again."""
        self._console.control(self._erase)

    def print(self, *parts: Part) -> None:
        """Print a line of parts above, without those for which the terminal is too narrow."""
        from zoo_core.system.progress.parts import fit

        with self._console:
            self.hide()
            self._console.print(fit(parts, self._console.width), soft_wrap=True)
            self.show()

    def wrap(self, text: str) -> list[str]:
        """Return prose as lines that fit into the terminal's present width."""
        import textwrap

        return textwrap.wrap(text, self._console.width)

    def close(self) -> None:
        """Erase the line for good; one that was opened before it is shown again."""
        if self in live_lines:
            self.hide()
            live_lines.remove(self)
            for line in live_lines[-1:]:
                line.show()


def open_line(*, below_lines: bool) -> LiveLine | None:
    """Return a live line on standard output or standard error; None where none can be drawn.

    That is: the stream is not a terminal that can redraw a line, progress is hidden, or rich is not
    installed. A line hides those that were opened before it.

    Args:
        below_lines: draw it on standard output, below the lines of the command, if that is possible
            there.
    """
    is_below = below_lines and is_screen(sys.stdout)
    stream = sys.stdout if is_below else sys.stderr
    if _hidden or not is_screen(stream):
        return None
    try:
        # Deferred, because it takes longer to import than `zoo list` takes.
        from rich.console import Console
    except ImportError:
        return None
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    line = LiveLine(console, is_below_lines=is_below)
    live_lines.append(line)
    return line


@contextmanager
def status(text: str) -> Iterator[None]:
    """Show a text on standard error during the block, if it is a terminal."""
    line = open_line(below_lines=False)
    if line is None:
        yield
        return
    line.draw_text(text)
    try:
        yield
    finally:
        line.close()


_hidden: list[bool] = []


def hide_progress() -> None:
    """Draw no live line from now on, in this process."""
    _hidden.append(True)


def unhide_progress() -> None:
    """Undo one `hide_progress`."""
    _hidden.pop()
